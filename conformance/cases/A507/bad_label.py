from prometheus_client import Counter


orders = Counter("shop_orders_total", "Orders placed.", ["session_id", "kind"])
paths = Counter("shop_paths_total", "Calls.", ["url"])

# expect: NF-A507 4:58-4:70 E
# expect: NF-A507 5:48-5:53 W
