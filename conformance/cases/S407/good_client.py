from prometheus_client import Counter

orders = Counter("shop_HTTP_orders_total", "Orders placed.", ["payment_method"])
