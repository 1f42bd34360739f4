from opentelemetry.metrics import get_meter

meter = get_meter("shop")

wait = meter.create_histogram("shop.wait", unit="µs", description="How long one waits.")

# expect: NF-U211 5:49-5:53 E
