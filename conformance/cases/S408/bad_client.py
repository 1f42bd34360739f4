from prometheus_client import Counter

orders = Counter("shop_orders_count_total", "Orders placed.")
lost = Counter("shop_lost_count", "Orders lost.")

# expect: NF-S408 3:18-3:43 W
# expect: NF-S408 4:16-4:33 W
