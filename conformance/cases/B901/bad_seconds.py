from opentelemetry.metrics import get_meter

meter = get_meter("shop")

wait = meter.create_histogram("shop.wait", unit="s", description="How long one waits.")

# expect: NF-B901 5:31-5:42 W
