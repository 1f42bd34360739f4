from prometheus_client import Gauge, Histogram

wait = Histogram("shop_wait_seconds", "How long one waits.")
heat = Gauge("shop_thermometers", "Thermometers in the shop.")
