# check: registry = ["registry/shop.yaml"]
from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
duration = meter.create_histogram(
    "http.server.request.duration", unit="s", description="Duration of requests."
)
