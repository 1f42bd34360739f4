from opentelemetry.metrics import get_meter

meter = get_meter("shop")

from opentelemetry.metrics import get_meter

one = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
two = get_meter("bank").create_histogram("shop.orders", unit="{euro}", description="Sums.")
