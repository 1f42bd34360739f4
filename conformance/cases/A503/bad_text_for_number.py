from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
orders.add(1, {"http.response.status_code": "200", "server.port": f"{8000 + 80}"})

# expect: NF-A503 5:45-5:50 E
# expect: NF-A503 5:67-5:81 E
