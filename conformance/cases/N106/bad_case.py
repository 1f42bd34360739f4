from prometheus_client import Gauge


one = Gauge("shop_stock", "Items in stock.")
two = Gauge("shop_Stock", "Items in stock.")

# expect: NF-N106 5:13-5:25 E
