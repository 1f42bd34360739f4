from opentelemetry.metrics import get_meter

meter = get_meter("shop")

for name in ("shop.Orders", "shop.carts", "shop.lateOrders"):
    meter.create_counter(name, unit="{thing}", description="What was placed.")

# expect: NF-N102 5:14-5:27 W
# expect: NF-N102 5:43-5:60 W
