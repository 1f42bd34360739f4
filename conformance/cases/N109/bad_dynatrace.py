# check: backends = ["dynatrace", "datadog"]
from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter("shop.-orders", unit="{order}", description="Orders placed.")
short = meter.create_counter("s", unit="{order}", description="Orders placed.")

# expect: NF-N109 6:31-6:45 W
# expect: NF-N109 6:31-6:45 W
# expect: NF-N109 7:30-7:33 W
