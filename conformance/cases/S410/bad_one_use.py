from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
orders.add(1, {"shop.order.kind": "new", "shop.order_kind": "express"})

# expect: NF-S410 5:42-5:59 E
