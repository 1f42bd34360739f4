from opentelemetry.metrics import get_meter

meter = get_meter("shop")
wait = {"name": "shop.wait", "unit": "s", "description": "How long one waits."}

try:
    waited = meter.create_histogram(**wait, explicit_bucket_boundaries_advisory=[0.1, 1, 10])
except TypeError:
    waited = meter.create_histogram(**wait)
