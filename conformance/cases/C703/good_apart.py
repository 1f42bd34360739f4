from opentelemetry.metrics import get_meter

meter = get_meter("shop")

level = meter.create_gauge("shop.level", unit="1", description="Filling.")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
orders.add(1, {"shop.filling": "high"})
