from opentelemetry.metrics import get_meter

meter = get_meter("shop")

size = meter.create_histogram("shop.payload_bytes", unit="By", description="Payloads' sizes.")

# expect: NF-U209 5:31-5:51 W
