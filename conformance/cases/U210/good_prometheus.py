from prometheus_client import Histogram


wait = Histogram("shop_wait", "How long one waits.", unit="seconds")
again = Histogram("shop_delay_seconds", "How long one waits.", unit="seconds")
