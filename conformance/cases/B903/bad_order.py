from prometheus_client import Histogram


one = Histogram("shop_wait_seconds", "Time waited.", buckets=(0.1, 1, 0.5))
two = Histogram("shop_delay_seconds", "Time waited.", buckets=[1, 1, 2])

# expect: NF-B903 4:62-4:75 E
# expect: NF-B903 5:63-5:72 E
