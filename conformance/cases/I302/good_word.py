from opentelemetry.metrics import get_meter

meter = get_meter("shop")

start = meter.create_gauge("shop.start_time", unit="s", description="When it was started.")
