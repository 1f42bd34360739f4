from opentelemetry.metrics import get_meter
from opentelemetry.semconv.metrics.http_metrics import HTTP_SERVER_REQUEST_DURATION

meter = get_meter("shop")

served = meter.create_histogram(HTTP_SERVER_REQUEST_DURATION, unit="s", description="Served.")
called = meter.create_histogram("http.client.request.duration", unit="s", description="Called.")

# expect: NF-B901 6:33-6:61 W
# expect: NF-B901 7:33-7:63 W
