from opentelemetry.metrics import get_meter

meter = get_meter("shop")

hits = meter.create_gauge("shop.cache.hit_ratio", unit="{hit}", description="Hits of all.")

# expect: NF-U208 5:56-5:63 W
