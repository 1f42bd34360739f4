from opentelemetry.metrics import get_meter

meter = get_meter("shop")

caches = meter.create_counter("shop.cache.made", unit="{caches}", description="Caches made.")
sizes = meter.create_counter("shop.size.made", unit="{shoe_sizes}", description="Sizes made.")
cookies = meter.create_counter("shop.cookie.set", unit="{cookies}", description="Cookies set.")

# expect: NF-U204 5:55-5:65 W
# expect: NF-U204 6:53-6:67 W
# expect: NF-U204 7:56-7:67 W
