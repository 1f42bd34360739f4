from opentelemetry.metrics import get_meter

meter = get_meter("shop")

level = meter.create_gauge("shop.level", unit="%", description="Filling.")
