from prometheus_client import Histogram


one = Histogram("shop_wait_seconds", "Time waited.", buckets=(0.1, 0.5, 1, float("inf")))
two = Histogram("shop_delay_seconds", "Time waited.", buckets=[x / 10 for x in (1, 2, 5)])
