from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")


def placed(kind):
    orders.add(1, {"shop.kind": kind})
