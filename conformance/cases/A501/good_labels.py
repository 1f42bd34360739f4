from prometheus_client import Counter


orders = Counter("shop_orders_total", "S407 says it.", ["orderType"])
orders.labels(orderType="gift").inc()
