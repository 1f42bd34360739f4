from opentelemetry.metrics import get_meter

meter = get_meter("shop")

one = meter.create_histogram("shop.delivery.duration", unit="m", description="Length.")
two = meter.create_histogram("shop.wait.time", unit="S", description="Length.")

# expect: NF-U203 5:61-5:64 W
# expect: NF-U203 6:53-6:56 W
