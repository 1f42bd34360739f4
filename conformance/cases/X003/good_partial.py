from functools import partial

from opentelemetry.metrics import get_meter
from prometheus_client import Counter

meter = get_meter("shop")
waits = partial(meter.create_histogram, unit="s")
counts = partial(Counter, namespace="shop")

wait = waits("shop.wait", description="How long one waits.")
orders = counts("orders_total", "Orders placed.")
