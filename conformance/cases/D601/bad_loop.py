from opentelemetry.metrics import get_meter

meter = get_meter("shop")

for name in ("shop.orders", "shop.carts"):
    meter.create_counter(name, unit="{thing}")

# expect: NF-D601 6:26-6:30 W
