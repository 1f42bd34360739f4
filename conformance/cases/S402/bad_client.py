from prometheus_client import Counter, Gauge

orders = Counter("shop_orders", "Orders placed.")
open_orders = Gauge("shop_open_orders_total", "Orders that are not delivered yet.")

# expect: NF-S402 3:18-3:31 I
# expect: NF-S402 4:21-4:45 W
