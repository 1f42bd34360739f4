# check: select = ["NF-S411"]
from opentelemetry.metrics import get_meter

meter = get_meter("shop")
wait = meter.create_histogram("shop.wait", unit="s", description="How long one waits.")

# expect: NF-S411 5:31-5:42 I
