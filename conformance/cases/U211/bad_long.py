from opentelemetry.metrics import get_meter

meter = get_meter("shop")

wait = meter.create_counter(
    "shop.orders",
    unit="{order_that_was_placed_by_a_customer_of_the_shop_on_a_working_day}",
    description="Orders placed.",
)

# expect: NF-U211 7:10-7:78 E
