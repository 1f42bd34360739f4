from opentelemetry.metrics import get_meter

meter = get_meter("shop")

spent = meter.create_gauge("shop.cpu.time", unit="s", description="Time spent.")

# expect: NF-I302 5:9-5:81 I
