from opentelemetry.metrics import get_meter
from prometheus_client import Counter

new = get_meter("shop").create_counter("shop.orders", unit="{order}", description="Orders.")
old = Counter("shop_orders_total", "Orders, as long as the old dashboards live.")
