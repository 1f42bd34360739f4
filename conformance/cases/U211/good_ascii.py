from opentelemetry.metrics import get_meter

meter = get_meter("shop")

wait = meter.create_histogram("shop.wait", unit="us", description="How long one waits.")
