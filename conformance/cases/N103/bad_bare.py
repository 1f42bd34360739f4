from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("orders", unit="{order}", description="Orders placed.")

# expect: NF-N103 5:31-5:39 W
