from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("shop.orders.count", unit="{order}", description="Orders placed.")
lines = meter.create_counter("shop.orders.lines", unit="{line}", description="Lines of them.")
again = meter.create_counter("shop.orders_late", unit="{order}", description="Late ones.")
