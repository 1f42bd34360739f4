from prometheus_client import Counter

orders = Counter("shopOrders_total", "Orders placed.", ["paymentMethod", "kind"])

# expect: NF-S407 3:18-3:36 W
# expect: NF-S407 3:57-3:72 W
