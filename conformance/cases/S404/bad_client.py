from prometheus_client import Counter

orders = Counter("shop:orders_total", "Orders placed.")

# expect: NF-S404 3:18-3:37 W
