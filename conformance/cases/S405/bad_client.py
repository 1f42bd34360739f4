from prometheus_client import Gauge, Histogram

wait = Histogram("shop_wait_milliseconds", "How long one waits.")
free = Gauge("shop_free", "Room on the disk.", unit="megabytes")

# expect: NF-S405 3:18-3:42 W
# expect: NF-S405 4:14-4:25 W
