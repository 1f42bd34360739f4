from opentelemetry.metrics import get_meter

meter = get_meter("shop")

orders = meter.create_counter(
    "shop.orders",
    unit="{order}",  # noqa: NF-U202
    description="Orders placed.",  # ninefold: ignore[NF-D602]
)

# expect: NF-X001 7:22-7:37 W
# expect: NF-X001 8:36-8:63 W
