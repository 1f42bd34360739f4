from opentelemetry.metrics import get_meter

meter = get_meter("shop")

one = meter.create_counter("shop.order_lines", unit="{line}", description="Lines ordered.")
two = meter.create_counter("shop.order.lines", unit="{line}", description="Lines ordered.")

# expect: NF-N106 6:28-6:46 E
