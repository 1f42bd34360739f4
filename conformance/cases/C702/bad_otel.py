from opentelemetry.metrics import get_meter

meter = get_meter("shop")

BOUNDS = [0.1, 1]
one = meter.create_histogram(
    "shop.wait", unit="s", description="Wait.", explicit_bucket_boundaries_advisory=BOUNDS
)
two = meter.create_histogram(
    "shop.wait", unit="s", description="Wait.", explicit_bucket_boundaries_advisory=[0.1, 2]
)

# expect: NF-C702 10:85-10:93 W
