from opentelemetry.metrics import get_meter

meter = get_meter("shop")

one = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
two = meter.create_histogram("shop.orders", unit="{order}", description="Orders placed.")
three = meter.create_counter("shop.orders", unit="{item}", description="Orders placed.")
four = meter.create_counter("shop.orders", unit="{order}", description="Something else.")

# expect: NF-C701 6:30-6:43 E
# expect: NF-C701 7:30-7:43 E
# expect: NF-C701 8:29-8:42 W
