from prometheus_client import Gauge

sizes = Gauge("s_shops", "Small shops, counted by a service that is called s.")
