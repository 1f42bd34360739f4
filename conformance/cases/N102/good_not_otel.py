from prometheus_client import Counter


orders = Counter("shop_OrderCount_total", "Orders placed: camel case is S407's.")
