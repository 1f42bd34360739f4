# check: select = ["NF-S411"]
from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")

# expect: NF-S411 5:31-5:44 I
