from prometheus_client import CollectorRegistry, Histogram


web, jobs = CollectorRegistry(), CollectorRegistry()
one = Histogram("shop_wait_seconds", "Time waited.", buckets=(0.1, 1.0), registry=web)
two = Histogram("shop_wait_seconds", "Time waited.", buckets=bounds(), registry=jobs)
