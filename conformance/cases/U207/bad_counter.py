from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("shop.orders", unit="1", description="Orders placed.")

# expect: NF-U207 5:51-5:54 I
