from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_histogram("shop.orders", unit="", description="Orders placed.")
level = meter.create_observable_gauge("shop.level", [], description="Filling.")

# expect: NF-U201 5:33-5:46 W
# expect: NF-U201 6:39-6:51 W
