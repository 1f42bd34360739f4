from opentelemetry.metrics import get_meter

meter = get_meter("shop")

MILLIS = "ns"
one = meter.create_counter("shop.cpu_time", unit=MILLIS, description="Time spent.")

# expect: NF-U205 6:50-6:56 W
