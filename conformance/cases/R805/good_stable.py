from opentelemetry.metrics import get_meter

meter = get_meter("shop")
duration = meter.create_histogram(
    "http.server.request.duration", unit="s", description="Duration of requests."
)
