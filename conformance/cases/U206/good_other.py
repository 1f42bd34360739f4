from opentelemetry.metrics import get_meter

meter = get_meter("shop")

wait = meter.create_histogram("shop.wait", unit="ms", description="U205 says it.")
power = meter.create_gauge("shop.power", unit="kW", description="Power drawn.")
