from prometheus_client import Histogram


one = Histogram("shop_wait_seconds", "Time waited.", buckets=settings.BUCKETS)
