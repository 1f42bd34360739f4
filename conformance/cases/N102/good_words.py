from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("shop.v2.order_count", unit="{order}", description="Orders placed.")
