from opentelemetry.metrics import get_meter

meter = get_meter("shop")
size = meter.create_histogram(
    "rpc.server.request.size", unit="By", description="Size of requests."
)

# expect: NF-R801 5:5-5:30 E
