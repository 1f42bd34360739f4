from opentelemetry.metrics import get_meter

meter = get_meter("shop")
size = meter.create_counter("shop.cart.size", unit="By", description="Size of carts.")
items = meter.create_gauge("shop.cart.items", unit="{item}", description="Items in carts.")
