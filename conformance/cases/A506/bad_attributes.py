from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
orders.add(1, {"instance": "a", "otel.scope.name": "mine", "shop.kind": "new"})

# expect: NF-A506 5:16-5:26 E
# expect: NF-A506 5:33-5:50 E
