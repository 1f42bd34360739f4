from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
orders.add(1, {"shop.kind": "new"})
orders.add(1, {"shop-kind": "new"})

# expect: NF-S410 6:16-6:27 E
