from opentelemetry.metrics import get_meter

meter = get_meter("shop")

carts = meter.create_up_down_counter("shop.carts", unit="{cart}", description="Open carts.")

# expect: NF-I304 5:38-5:50 I
