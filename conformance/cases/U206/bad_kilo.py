from opentelemetry.metrics import get_meter

meter = get_meter("shop")

sent = meter.create_counter("shop.sent", unit="kBy", description="Sent.")
rate = meter.create_gauge("shop.rate", unit="MBy/s", description="Rate.")

# expect: NF-U206 5:47-5:52 I
# expect: NF-U206 6:45-6:52 I
