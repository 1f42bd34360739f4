from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("shop.orders", unit="{orders}", description="Orders placed.")
entries = meter.create_counter("shop.entries", unit="{entries}", description="Entries.")

# expect: NF-U204 5:51-5:61 W
# expect: NF-U204 6:53-6:64 W
