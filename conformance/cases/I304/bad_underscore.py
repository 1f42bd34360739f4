from opentelemetry.metrics import get_meter

meter = get_meter("shop")

open = meter.create_observable_up_down_counter(
    "shop.open_boxes", [], unit="{box}", description="Open boxes."
)

# expect: NF-I304 6:5-6:22 I
