from prometheus_client import Counter

orders = Counter("shop_count_orders_total", "Orders placed.")
