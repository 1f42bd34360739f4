from prometheus_client import Counter

orders = Counter("shop_orders_total", "")

# expect: NF-D601 3:18-3:37 W
