# check: registry = ["registry/shop.yaml"]
from prometheus_client import Counter

orders = Counter("shop_orders_total", "Orders placed.")
