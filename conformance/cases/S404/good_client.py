from prometheus_client import Counter

orders = Counter("shop_orders_total", "Orders: placed.", ["kind"])
orders.labels(kind="a:b").inc()
