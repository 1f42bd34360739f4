# check: prefix = "acme"
from opentelemetry.metrics import get_meter

meter = get_meter("shop")

took = meter.create_histogram("http.server.request.duration", unit="s", description="Length.")
