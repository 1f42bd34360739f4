from prometheus_client import Gauge, Histogram

workers = Gauge("shop_workers", "Workers that run.")
wait = Histogram("shop_wait_seconds", "How long one waits.")
