from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
orders.add(1, {"shop.orderType": "gift"})
orders.add(1, {"order-type": "gift"})

# expect: NF-A501 6:16-6:32 W
# expect: NF-A501 7:16-7:28 W
