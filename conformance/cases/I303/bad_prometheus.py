from prometheus_client import Histogram


wait = Histogram("shop_wait_histogram_seconds", "How long one waits.")

# expect: NF-I303 4:18-4:47 W
