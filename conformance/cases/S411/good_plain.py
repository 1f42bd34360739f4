# check: select = ["NF-S411"]
from opentelemetry.metrics import get_meter

meter = get_meter("shop")
carts = meter.create_up_down_counter("shop_carts", unit="{cart}", description="Open carts.")
