import os

from opentelemetry.metrics import get_meter

meter = get_meter("shop")
prefix = os.environ["PREFIX"]

wait = meter.create_histogram(f"{prefix}.wait", unit="seconds", description="How long one waits.")

# expect: NF-U202 8:54-8:63 E
