from prometheus_client import Histogram


wait = Histogram("shop_wait_seconds", "Its default buckets are made for seconds.")
