# check: backends = ["datadog", "dynatrace"]
from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("shop.orders_placed", unit="{order}", description="Orders placed.")
