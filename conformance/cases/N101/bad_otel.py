from opentelemetry.metrics import get_meter

meter = get_meter("shop")

first = meter.create_counter("shop.orders count", unit="{order}", description="Orders placed.")
second = meter.create_counter("9lives", unit="{life}", description="Lives.")
third = meter.create_counter(name="shop." + "é", unit="{order}", description="Orders placed.")
empty = meter.create_counter("", unit="{order}", description="Orders placed.")

# expect: NF-N101 5:30-5:49 E
# expect: NF-N101 6:31-6:39 E
# expect: NF-N101 7:35-7:48 E
# expect: NF-N101 8:30-8:32 E
