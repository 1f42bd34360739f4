from opentelemetry.metrics import get_meter

meter = get_meter("shop")

pressure = meter.create_gauge("gauge.pressure", unit="Pa", description="What the gauge shows.")
