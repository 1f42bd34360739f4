from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
orders.add(1, {"http.request.method": "get"})

# expect: NF-A504 5:39-5:44 W
