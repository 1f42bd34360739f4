from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
carts = meter.create_counter("shop.carts", unit="{cart}", description="Carts opened.")
orders.add(1, {"shop.kind": "new"})
carts.add(1, {"shop_kind": "new"})
