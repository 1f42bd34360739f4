"""Good and bad items that the application itself counts: `service.events`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ninefold.registry import EVENTS
from ninefold.sli.states._pairs import Pairs, Wanted
from ninefold.telemetry import LARGEST, plain

if TYPE_CHECKING:
    from ninefold.telemetry import Telemetry

Counted = Callable[[str, float, float], None]
"""Told of every valid call: the name, how many were good, how many bad."""


def _nobody(name: str, good: float, bad: float) -> None:
    del name, good, bad


class Events:
    """Counts `ninefold.events`. Nothing here raises; with `OTEL_SDK_DISABLED` nothing is done.

    `counted` hears of every valid call after it was counted, one without events included.
    """

    __slots__ = ("_counted", "_disabled", "_faults", "_pairs")

    def __init__(self, telemetry: Telemetry, *, counted: Counted = _nobody) -> None:
        counter = telemetry.counter(EVENTS)

        def wanted(name: str) -> tuple[Wanted, Wanted]:
            return (counter, (name, "good")), (counter, (name, "bad"))

        self._disabled = telemetry.disabled
        self._faults = telemetry.faults
        self._pairs = Pairs(wanted, telemetry.faults)
        self._counted = counted

    def count(self, name: str, *, good: float, total: float) -> None:
        """Add `good` good items and `total - good` bad ones.

        Dropped and counted as `invalid_value`: a name that is none, and numbers that are not finite
        with 0 <= good <= total.
        """
        if self._disabled:
            return
        fine, of = plain(good), plain(total)
        if not 0 <= fine <= of <= LARGEST:
            self._faults.invalid_value((good, total))
            return
        pair = self._pairs.of(name)
        if pair is None:
            return
        bad = of - fine
        # Zeros too: they change nothing, and the first record of a process starts its exporters.
        pair.first.add(fine)
        pair.second.add(bad)
        try:
            self._counted(pair.name, fine, bad)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.internal_error("metrics", error)
