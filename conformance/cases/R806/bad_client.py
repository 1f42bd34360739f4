# check: registry = ["registry/shop.yaml"]
from prometheus_client import Gauge

carts = Gauge("shop_carts", "Open carts.")

# expect: NF-R806 4:15-4:27 W
