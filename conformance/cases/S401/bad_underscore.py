from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders_total", "{order}", "Orders placed.")

# expect: NF-S401 4:31-4:50 W
