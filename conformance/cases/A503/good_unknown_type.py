from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")

def place(status, port) -> None:
    # What a name holds is not known here.
    orders.add(1, {"http.response.status_code": status, "server.port": port.number, "shop.kind": 1})
