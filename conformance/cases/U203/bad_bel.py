from opentelemetry.metrics import get_meter

meter = get_meter("shop")

one = meter.create_histogram("shop.payload", unit="MB", description="Sizes of payloads.")
two = meter.create_histogram("shop.answer", unit="B", description="Sizes of answers.")
three = meter.create_histogram("shop.rate", unit="b", description="Sizes of answers.")

# expect: NF-U203 5:51-5:55 W
# expect: NF-U203 6:50-6:53 W
# expect: NF-U203 7:50-7:53 W
