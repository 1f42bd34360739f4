from opentelemetry.metrics import get_meter

meter = get_meter("shop")

carts = meter.create_up_down_counter("shop.cart.count", unit="{cart}", description="Open.")
status = meter.create_up_down_counter("shop.status", unit="{shop}", description="Status.")
