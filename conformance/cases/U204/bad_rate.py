from opentelemetry.metrics import get_meter

meter = get_meter("shop")

rate = meter.create_gauge("shop.rate", unit="{requests}/s", description="Requests a second.")

# expect: NF-U204 5:45-5:59 W
