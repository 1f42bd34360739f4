from prometheus_client import CollectorRegistry, Histogram


web, jobs = CollectorRegistry(), CollectorRegistry()
one = Histogram("shop_wait_seconds", "Time waited.", buckets=(0.1, 1, 10), registry=web)
two = Histogram("shop_wait_seconds", "Time waited.", buckets=(0.5, 5), registry=jobs)

# expect: NF-C702 6:62-6:70 W
