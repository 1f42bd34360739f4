from prometheus_client import Histogram


wait = Histogram("shop_wait", "How long one waits.", unit="seconds")
