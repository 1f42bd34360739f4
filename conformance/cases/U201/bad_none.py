from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("shop.orders", description="Orders placed.")

# expect: NF-U201 5:31-5:44 W
