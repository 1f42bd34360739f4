from prometheus_client import Gauge

LABELS = ["ip", "component"]

memory = Gauge("shop_memory_bytes", "Memory that a component uses.", LABELS)
