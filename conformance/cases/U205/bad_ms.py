from opentelemetry.metrics import get_meter

meter = get_meter("shop")

one = meter.create_histogram("shop.wait", unit="ms", description="How long one waits.")
two = meter.create_gauge("shop.sync.lag", unit="min", description="How far behind.")

# expect: NF-U205 5:48-5:52 W
# expect: NF-U205 6:48-6:53 W
