from prometheus_client import Gauge

workers = Gauge("shop_workers_count", "Workers that run.")
weight = Gauge("shop_weight_sum", "Weight of all.")

# expect: NF-S403 3:17-3:37 E
# expect: NF-S403 4:16-4:33 E
