from opentelemetry.metrics import get_meter

meter = get_meter("shop")
SECONDS = "s"

duration = meter.create_histogram(
    "http.server.request.duration", unit=SECONDS, description="Duration of requests."
)
