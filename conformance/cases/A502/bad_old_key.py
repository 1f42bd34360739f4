from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
orders.add(1, {"http.status_code": 200, "net.peer.ip": "10.0.0.1"})

# expect: NF-A502 5:16-5:34 W
# expect: NF-A502 5:41-5:54 W
