from prometheus_client import Counter


logins = Counter("shop_logins_total", "Logins.", ["username", "method"])
codes = Counter("shop_codes_total", "Codes.", ["who"])
codes.labels(who=user.email).inc()

# expect: NF-A508 4:51-4:61 W
# expect: NF-A508 6:18-6:28 E
