from opentelemetry.metrics import get_meter

meter = get_meter("shop")

import os

one = meter.create_counter(os.environ["PREFIX"] + ".orders", unit="{order}", description="Orders.")
two = meter.create_counter(name(), unit="{order}", description="Orders placed.")

# expect: NF-X003 7:28-7:60 I
# expect: NF-X003 8:28-8:34 I
