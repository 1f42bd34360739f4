from opentelemetry.metrics import get_meter

meter = get_meter("shop")

one = meter.create_histogram("shop.wait", unit="s", description="How long one waits.")
two = meter.create_counter("shop.calls", unit="{request}", description="Calls.")
three = meter.create_gauge("shop.rate", unit="By/s", description="Bytes in a second.")
four = meter.create_gauge("shop.level", unit="%", description="Filling.")
five = meter.create_gauge("shop.bandwidth", unit="MBy/s", description="Bandwidth.")
