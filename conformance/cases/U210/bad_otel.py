from opentelemetry.metrics import get_meter

meter = get_meter("shop")

wait = meter.create_histogram("shop.wait_ms", unit="s", description="How long one waits.")
size = meter.create_histogram("shop.payload.bytes", unit="s", description="Sizes.")

# expect: NF-U210 5:31-5:45 E
# expect: NF-U210 6:31-6:51 E
