from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
orders.add(1, {"user_id": user.id})
orders.add(1, {"shop.request_id": context.request})
orders.add(1, {"user.id": user})

# expect: NF-A507 6:16-6:25 E
# expect: NF-A507 7:16-7:33 E
# expect: NF-A507 8:16-8:25 E
