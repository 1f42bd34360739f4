from prometheus_client import Histogram


wait = Histogram("shop_wait_ms", "How long one waits.", unit="seconds")

# expect: NF-U210 4:18-4:32 E
