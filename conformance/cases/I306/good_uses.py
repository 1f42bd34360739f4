from prometheus_client import Counter, Gauge


orders = Counter("shop_orders_total", "Orders placed.", ["channel", "kind"])
orders.labels("web", "gift").inc()
orders.labels(kind="gift", channel="web").inc(0.5)
orders.labels(*fields).inc()
orders.labels(**fields).inc()
level = Gauge("shop_level", "Filling.")
level.inc(-1)
level.set(-3)
