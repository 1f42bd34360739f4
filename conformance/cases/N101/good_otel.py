from opentelemetry.metrics import get_meter

meter = get_meter("shop")

first = meter.create_counter("shop.orders-placed/all_1", unit="{order}", description="Orders.")
