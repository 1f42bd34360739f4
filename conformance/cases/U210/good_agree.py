from opentelemetry.metrics import get_meter

meter = get_meter("shop")

wait = meter.create_histogram("shop.wait_ms", unit="ms", description="How long one waits.")
size = meter.create_histogram("shop.payload.bytes", unit="By", description="Sizes.")
count = meter.create_counter("shop.count.bytes", unit="1", description="U207 says it.")
share = meter.create_gauge("shop.share_percent", unit="1", description="Share.")
