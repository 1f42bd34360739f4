"""A tree of 1,000 files of which 58 declare metrics; the same one each time."""

from __future__ import annotations

import ast
import random
import sysconfig
from pathlib import Path
from typing import Final

FILES: Final = 1_000
DECLARING: Final = 58
_PER_PACKAGE: Final = 50
_SMALLEST, _LARGEST = 2_000, 30_000

_DECLARES: Final = """

from opentelemetry import metrics
from prometheus_client import Counter

meter = metrics.get_meter("shop")
ORDERS_{n} = meter.create_counter(
    "shop.orders_{n}.placed", unit="{{order}}", description="Orders placed in {n}."
)
WAIT_{n} = meter.create_histogram("shop.wait_{n}", unit="s", description="Waiting in {n}.")
CALLS_{n} = Counter("shop_calls_{n}_total", "Calls made by {n}.", ["method"])


def handle_{n}(method: str) -> None:
    ORDERS_{n}.add(1, {{"shop.kind": "gift"}})
    WAIT_{n}.record(0.3)
    CALLS_{n}.labels(method=method).inc()
"""


def generate(folder: Path) -> None:
    """Write the tree: modules of the standard library in packages, some with metrics at the end."""
    bodies = _bodies()
    chance = random.Random(8)
    declaring = set(chance.sample(range(FILES), DECLARING))
    for number in range(FILES):
        package = folder / f"package_{number // _PER_PACKAGE}"
        package.mkdir(parents=True, exist_ok=True)
        name = "__init__.py" if number % _PER_PACKAGE == 0 else f"module_{number}.py"
        text = chance.choice(bodies)
        if number in declaring:
            text += _DECLARES.format(n=number)
        (package / name).write_text(text, encoding="utf-8")


def _bodies() -> list[str]:
    found: list[str] = []
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        if _SMALLEST < path.stat().st_size < _LARGEST:
            text = path.read_text(encoding="utf-8")
            if "create_" not in text and "prometheus" not in text:
                ast.parse(text)
                found.append(text)
    return found
