# check: backends = ["datadog"]
from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("shop.orders-placed", unit="{order}", description="Orders.")
lines = meter.create_counter("shop/lines", unit="{line}", description="Lines of orders.")
long = meter.create_counter(
    "shop.orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_orders_",
    unit="{order}",
    description="Orders.",
)

# expect: NF-N109 6:31-6:51 W
# expect: NF-N109 7:30-7:42 W
# expect: NF-N109 9:5-9:208 W
