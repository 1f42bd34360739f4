from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
orders.add(1, {"service.version": "1.2.3", "shop.kind": "new"})

# expect: NF-A510 5:16-5:33 W
