from opentelemetry.metrics import get_meter

meter = get_meter("shop")

heap = meter.create_gauge("shop.heap", unit="By", description="Heap in use.")
