# check: prefix = "acme"
from opentelemetry.metrics import get_meter

meter = get_meter("shop")

from prometheus_client import Counter

orders = meter.create_counter("acme.shop.orders", unit="{order}", description="Orders placed.")
again = Counter("orders_total", "Orders placed.", namespace="acme")
