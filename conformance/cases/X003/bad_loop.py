from opentelemetry.metrics import get_meter

meter = get_meter("shop")


for name in ("shop.orders", NAME):
    meter.create_counter(name, unit="{order}", description="Orders placed.")
for name, kind in (("shop.orders", "counter"), ("shop.carts", "gauge")):
    if is_counter(kind):
        meter.create_counter(name, unit="{order}", description="Orders placed.")

# expect: NF-X003 7:26-7:30 I
# expect: NF-X003 10:30-10:34 I
