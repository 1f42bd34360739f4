from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")

def place(status: int) -> None:
    orders.add(1, {"http.route": 7})
    orders.add(1, {"http.response.status_code": str(status)})

# expect: NF-A503 7:34-7:35 E
# expect: NF-A503 8:49-8:60 E
