from opentelemetry.metrics import get_meter

meter = get_meter("shop")

wait = meter.create_histogram(
    "shop.wait", "s", "How long one waits.", explicit_bucket_boundaries_advisory=None
)

# expect: NF-B901 6:5-6:16 W
