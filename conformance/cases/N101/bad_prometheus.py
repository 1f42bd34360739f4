from prometheus_client import Counter, Gauge


orders = Counter("shop-orders_total", "Orders placed.")
level = Gauge("level", "Filling.", namespace="9shop")

# expect: NF-N101 4:18-4:37 E
# expect: NF-N101 5:15-5:22 E
