from opentelemetry.metrics import get_meter

meter = get_meter("shop")
size = meter.create_histogram(
    "http.server.request.body.size", unit="By", description="Size of requests' bodies."
)

# expect: NF-R805 5:5-5:36 I
