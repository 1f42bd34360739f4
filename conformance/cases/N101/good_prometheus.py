from prometheus_client import Counter


orders = Counter("shop:orders_total", "Orders placed.")
