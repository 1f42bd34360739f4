from opentelemetry.metrics import get_meter
from prometheus_client import Counter

orders = get_meter("shop").create_counter("shop.orders", unit="{order}", description="Orders.")
orders.add(-1)
calls = Counter("shop_calls_total", "Calls.")
calls.inc(-2)

# expect: NF-I306 5:1-5:15 E
# expect: NF-I306 7:1-7:14 E
