from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("shop.orders", unit="{order}", description="Shop orders")

# expect: NF-D602 5:74-5:87 I
