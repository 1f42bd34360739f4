from prometheus_client import Counter


orders = Counter("shop_orders_total", "Orders placed.", ["channel", "kind"])
orders.labels("web").inc()
orders.labels(channel="web", sort="gift").inc()
plain = Counter("shop_calls_total", "Calls.")
plain.labels("x").inc()

# expect: NF-I306 5:1-5:21 E
# expect: NF-I306 6:1-6:42 E
# expect: NF-I306 8:1-8:18 E
