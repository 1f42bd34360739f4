from opentelemetry.metrics import get_meter

meter = get_meter("shop")


def placed(user_id):
    counter = meter.create_counter(f"shop.{user_id}", unit="{order}", description="Orders.")
    counter.add(1)

# expect: NF-N108 7:36-7:53 W
