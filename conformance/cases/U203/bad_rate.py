from opentelemetry.metrics import get_meter

meter = get_meter("shop")

one = meter.create_gauge("shop.link.throughput", unit="MB/s", description="Sent on the link.")
two = meter.create_gauge("shop.link.speed", unit="B/s", description="Sent on the link.")
three = meter.create_gauge("shop.link.capacity", unit="Gb", description="What the link takes.")

# expect: NF-U203 5:55-5:61 W
# expect: NF-U203 6:50-6:55 W
# expect: NF-U203 7:55-7:59 W
