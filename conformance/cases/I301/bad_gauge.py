from opentelemetry.metrics import get_meter

meter = get_meter("shop")

took = meter.create_gauge("shop.import.duration", unit="s", description="Length of imports.")

# expect: NF-I301 5:8-5:94 W
