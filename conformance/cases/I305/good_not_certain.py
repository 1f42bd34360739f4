from opentelemetry.metrics import get_meter

meter = get_meter("shop")

carts = meter.create_up_down_counter("shop.cart.count", unit="{cart}", description="Carts.")


def changed(by, attributes):
    carts.add(by, {"shop.channel": "web"})
    carts.add(-1, attributes)
    carts.add(1)
