from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")

SYSTEM = "postgres"

orders.add(1, {"db.system.name": SYSTEM})
orders.add(1, {"network.transport": "carrier-pigeon"})

# expect: NF-A504 8:34-8:40 W
# expect: NF-A504 9:37-9:53 I
