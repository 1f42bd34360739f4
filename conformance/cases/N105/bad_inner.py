from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
lines = meter.create_counter("shop.orders.lines", unit="{line}", description="Lines of them.")

# expect: NF-N105 5:31-5:44 W
