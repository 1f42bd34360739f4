from prometheus_client import Gauge



def gauges(prefix):
    return Gauge(f"{prefix}_level", "Filling.")
