from opentelemetry.metrics import get_meter

meter = get_meter("shop")

sent = meter.create_counter("shop.sent.bytes.total", description="Sent.")
wait = meter.create_histogram("shop.wait_ms", unit="ms", description="How long one waits.")

# expect: NF-U209 5:29-5:52 W
# expect: NF-U209 6:31-6:45 W
