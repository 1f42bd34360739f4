from opentelemetry.metrics import get_meter

meter = get_meter("shop")

one = meter.create_counter("shop.order-count", unit="{order}", description="Orders placed.")
two = meter.create_counter("shop/orders", unit="{order}", description="Orders placed.")
three = meter.create_counter("shop.order__count", unit="{order}", description="Orders placed.")

# expect: NF-N102 5:28-5:46 W
# expect: NF-N102 6:28-6:41 W
# expect: NF-N102 7:30-7:49 W
