from prometheus_client import Gauge, Histogram

wait = Histogram("shop_wait_ms", "How long one waits.")
free = Gauge("shop_free_mb", "Room on the disk.")

# expect: NF-S406 3:18-3:32 W
# expect: NF-S406 4:14-4:28 W
