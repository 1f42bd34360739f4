from prometheus_client import Counter


from shop.settings import LABELS

orders = Counter("shop_orders_total", "Orders placed.", LABELS)
orders.labels("web").inc()
