from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
orders.add(1, {"shop.order_type": "gift", "error.type": "timeout", "kind": "a", key: "b"})
