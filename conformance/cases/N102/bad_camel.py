from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("shop.OrderCount", unit="{order}", description="Orders placed.")

# expect: NF-N102 5:31-5:48 W
