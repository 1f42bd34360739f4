from prometheus_client import CollectorRegistry, Counter


other = CollectorRegistry()
one = Counter("shop_orders_total", "Orders placed.", ["kind"])
two = Counter("shop_orders_total", "Orders placed.", ["kind", "channel"], registry=other)

# expect: NF-C701 6:15-6:34 E
