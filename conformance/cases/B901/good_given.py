from opentelemetry.metrics import get_meter

meter = get_meter("shop")

wait = meter.create_histogram(
    "shop.wait", unit="s", description="Wait.", explicit_bucket_boundaries_advisory=(0.1, 1)
)
again = meter.create_histogram("shop.size", unit="By", description="Sizes.")
