from opentelemetry.metrics import get_meter

meter = get_meter("shop")

carts = meter.create_up_down_counter("shop.cart.count", unit="1", description="Carts.")

# expect: NF-U207 5:62-5:65 I
