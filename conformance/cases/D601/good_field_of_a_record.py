from dataclasses import dataclass

from opentelemetry.metrics import Meter


@dataclass(frozen=True)
class Wanted:
    name: str
    description: str = ""


def make(meter: Meter, wanted: Wanted):
    return meter.create_counter("shop.orders", unit="{order}", description=wanted.description)
