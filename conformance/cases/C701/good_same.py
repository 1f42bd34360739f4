from opentelemetry.metrics import get_meter

meter = get_meter("shop")

one = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
two = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
