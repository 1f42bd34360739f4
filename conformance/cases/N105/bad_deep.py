from opentelemetry.metrics import get_meter

meter = get_meter("shop")

lines = meter.create_counter("shop.cart.item.lines", unit="{line}", description="Lines.")
carts = meter.create_counter("shop.cart", unit="{cart}", description="Carts.")

# expect: NF-N105 6:30-6:41 W
