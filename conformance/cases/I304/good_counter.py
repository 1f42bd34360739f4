from opentelemetry.metrics import get_meter

meter = get_meter("shop")

carts = meter.create_counter("shop.carts", unit="{cart}", description="Carts begun.")
