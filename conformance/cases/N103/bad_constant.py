from opentelemetry import metrics

NAME = "order_count"
meter = metrics.get_meter(__name__)


class Shop:
    def __init__(self):
        self.orders = meter.create_up_down_counter(
            name=NAME, unit="{order}", description="Open orders."
        )

# expect: NF-N103 10:18-10:22 W
