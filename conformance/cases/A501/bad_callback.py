from opentelemetry.metrics import get_meter

meter = get_meter("shop")

from opentelemetry.metrics import Observation


def levels(options):
    yield Observation(1, {"Shop Level": "high"})


meter.create_observable_gauge("shop.level", callbacks=[levels], unit="1", description="Filling.")

# expect: NF-A501 9:27-9:39 W
