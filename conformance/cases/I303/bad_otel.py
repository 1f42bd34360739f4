from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("shop.orders.counter", unit="{order}", description="Placed.")
depth = meter.create_gauge("shop.queue_gauge.depth", unit="{order}", description="Waiting.")

# expect: NF-I303 5:31-5:52 W
# expect: NF-I303 6:28-6:52 W
