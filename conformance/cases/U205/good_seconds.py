from opentelemetry.metrics import get_meter

meter = get_meter("shop")

one = meter.create_histogram("shop.wait", unit="s", description="How long one waits.")
