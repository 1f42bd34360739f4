from opentelemetry.metrics import get_meter

meter = get_meter("shop")
ABOUT = "Orders placed."

orders = meter.create_counter("shop.orders", "{order}", ABOUT)


def made(about: str) -> None:
    meter.create_counter("shop.carts", "{cart}", about)
