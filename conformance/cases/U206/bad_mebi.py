from opentelemetry.metrics import get_meter

meter = get_meter("shop")

heap = meter.create_gauge("shop.heap", unit="MiBy", description="Heap in use.")

# expect: NF-U206 5:45-5:51 I
