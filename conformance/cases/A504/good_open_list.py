from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
# What `error.type` lists is the remainder alone: any class of errors is meant to stand there.
orders.add(1, {"error.type": "CardDeclined"})
