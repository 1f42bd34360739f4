from opentelemetry.metrics import get_meter

meter = get_meter("shop")

took = meter.create_counter("shop.import_duration", unit="s", description="Length.")

# expect: NF-I301 5:8-5:85 W
