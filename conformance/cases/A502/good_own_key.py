from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
# Single words are too short to be a misspelling, and others' namespaces are their own.
orders.add(1, {"type": "new", "state": "open", "shop.status_code": 3, "shopKind": "new"})
