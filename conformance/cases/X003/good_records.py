from dataclasses import dataclass
from typing import NamedTuple

from opentelemetry.metrics import get_meter

meter = get_meter("shop")


@dataclass(frozen=True)
class Spec:
    name: str
    unit: str = "{order}"


class Pair(NamedTuple):
    name: str
    text: str


for spec in (Spec("shop.orders"), Spec(name="shop.wait", unit="s")):
    meter.create_gauge(spec.name, unit=spec.unit, description="What the shop has.")
for pair in [Pair("shop.carts", "Carts filled."), Pair("shop.mails", "Mails sent.")]:
    meter.create_counter(pair.name, unit="{thing}", description=pair.text)
