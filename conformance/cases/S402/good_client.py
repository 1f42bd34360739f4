from prometheus_client import Counter, Gauge

orders = Counter("shop_orders_total", "Orders placed.")
open_orders = Gauge("shop_open_orders", "Orders that are not delivered yet.")
