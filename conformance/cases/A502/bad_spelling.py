from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")

def place(route: str) -> None:
    orders.add(1, {"httpMethod": "GET", "http.rotue": route})
    orders.add(1, attributes={"error_type": "timeout"})

# expect: NF-A502 7:20-7:32 W
# expect: NF-A502 7:41-7:53 W
# expect: NF-A502 8:31-8:43 W
