from opentelemetry.metrics import get_meter

meter = get_meter("shop")

carts = meter.create_up_down_counter("shop.cart.count", unit="{cart}", description="Carts.")
carts.add(1, {"shop.channel": "web"})
carts.add(-1)

# expect: NF-I305 7:1-7:14 W
