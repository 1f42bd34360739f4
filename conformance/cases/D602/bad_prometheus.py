from prometheus_client import Counter


orders = Counter("shop_orders_placed_total", "Total of the orders placed")

# expect: NF-D602 4:46-4:74 I
