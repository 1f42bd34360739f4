"""What ninefold's own tests are made of, for users' tests too.

With ninefold installed pytest also has the fixtures `telemetry`, a `CapturedTelemetry`, and
`manual_clock`, a `ManualClock`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninefold.testing._clock import ManualClock

if TYPE_CHECKING:
    from ninefold.testing._captured import CapturedTelemetry

__all__ = ["CapturedTelemetry", "ManualClock"]


def __getattr__(name: str) -> object:
    # It brings the OpenTelemetry SDK along, which who wants a clock does not need.
    if name == "CapturedTelemetry":
        from ninefold.testing._captured import CapturedTelemetry

        return CapturedTelemetry
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
