from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
process = meter.create_counter("shop.processes", unit="{process}", description="Processes.")
status = meter.create_counter("shop.status.changes", unit="{status}", description="Changes.")
series = meter.create_counter("shop.series", unit="{series}", description="Series.")
