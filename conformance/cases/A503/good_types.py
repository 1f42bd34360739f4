from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")

def place(status: str) -> None:
    orders.add(1, {"http.response.status_code": int(status), "server.port": 8080, "http.route": "/"})
