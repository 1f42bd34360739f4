from prometheus_client import Counter


orders = Counter("orders_total", "Orders placed.")
