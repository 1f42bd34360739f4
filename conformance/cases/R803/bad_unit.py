from opentelemetry.metrics import get_meter

meter = get_meter("shop")
duration = meter.create_histogram(
    "http.server.request.duration", unit="ms", description="Duration of requests."
)

# expect: NF-R803 5:42-5:46 E
