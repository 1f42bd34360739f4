import os

from opentelemetry.metrics import get_meter

meter = get_meter("shop")
prefix = os.environ["PREFIX"]

size = meter.create_histogram(f"{prefix}.size", unit="MB", description="Sizes of payloads.")
wait = meter.create_histogram(f"{prefix}.wait", unit="m", description="How long one waits.")

# expect: NF-U203 8:54-8:58 W
# expect: NF-U203 9:54-9:57 W
