from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
orders.add(1, {"shop.kind": kind, "http.route": route, "error.type": type(error).__name__})
orders.add(1, {"shop.client_id": client, "shop.worker_id": worker, "code": f"{status // 100}xx"})
orders.add(1, {"user_id": "anonymous"})
