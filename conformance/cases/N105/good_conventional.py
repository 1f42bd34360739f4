from opentelemetry.metrics import get_meter

meter = get_meter("shop")

cpu = meter.create_gauge("hw.power", unit="W", description="A convention's name is exempt.")
host = meter.create_gauge("hw.power.limit", unit="W", description="Another one.")
