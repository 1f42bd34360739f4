from opentelemetry.metrics import get_meter

meter = get_meter("shop")
size = meter.create_gauge("shop.cart_size", unit="By", description="Size of a cart.")
items = meter.create_gauge("shop.cart.size", unit="By", description="Size of all items.")

# expect: NF-S409 5:28-5:44 E
