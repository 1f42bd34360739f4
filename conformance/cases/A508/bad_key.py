from opentelemetry.metrics import get_meter

meter = get_meter("shop")

logins = meter.create_counter("shop.logins", unit="{login}", description="Logins.")
logins.add(1, {"shop.email": user.email})
logins.add(1, {"password": given})
logins.add(1, {"client_ip": address})

# expect: NF-A508 6:16-6:28 E
# expect: NF-A508 7:16-7:26 E
# expect: NF-A508 8:16-8:27 W
