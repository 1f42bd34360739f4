from opentelemetry.metrics import get_meter

meter = get_meter("shop")

kinds = meter.create_counter("error.type", unit="{error}", description="Errors.")

# expect: NF-C703 5:30-5:42 W
