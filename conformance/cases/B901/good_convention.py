from opentelemetry.metrics import get_meter

meter = get_meter("shop")

served = meter.create_histogram(
    "http.server.request.duration",
    unit="s",
    description="Served.",
    explicit_bucket_boundaries_advisory=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
