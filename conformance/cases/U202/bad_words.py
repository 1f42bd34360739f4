from opentelemetry.metrics import get_meter

meter = get_meter("shop")

one = meter.create_histogram("shop.wait", unit="seconds", description="How long one waits.")
two = meter.create_counter("shop.calls", unit="requests", description="Calls.")
three = meter.create_counter("shop.tokens", "token", "Tokens.")

# expect: NF-U202 5:48-5:57 E
# expect: NF-U202 6:47-6:57 E
# expect: NF-U202 7:45-7:52 E
