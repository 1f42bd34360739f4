# check: prefix = "acme_"
from prometheus_client import Counter


orders = Counter("acmeshop_orders_total", "Orders placed.")

# expect: NF-N107 5:18-5:41 W
