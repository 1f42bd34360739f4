"""What ninefold's own tests are made of, for users' tests too.

With ninefold installed pytest also has the fixtures `telemetry`, a `CapturedTelemetry`, and
`manual_clock`, a `ManualClock`. `faults` makes a dependency fail, and `no_retries` makes every
failure the last.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ninefold.testing._clock import ManualClock

if TYPE_CHECKING:
    from ninefold.testing import faults
    from ninefold.testing._captured import CapturedTelemetry
    from ninefold.testing._retries import no_retries

__all__ = ["CapturedTelemetry", "ManualClock", "faults", "no_retries"]

# They bring the OpenTelemetry SDK along, which who wants a clock does not need.
_HOMES = {
    "CapturedTelemetry": "ninefold.testing._captured",
    "no_retries": "ninefold.testing._retries",
}


def __getattr__(name: str) -> object:
    if name == "faults":
        return import_module("ninefold.testing.faults")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
