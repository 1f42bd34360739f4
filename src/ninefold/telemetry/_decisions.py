"""Counts what was decided on traces that begin here, by the rule that decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ninefold.registry import SAMPLING_DECISIONS

if TYPE_CHECKING:
    from ninefold.telemetry._telemetry import Telemetry

__all__ = ["BY_DEFAULT", "BY_PARENT", "Decisions"]

BY_DEFAULT: Final = "default"
BY_PARENT: Final = "parent"


class Decisions:
    """`ninefold.sampling.decisions`; never raises. Rules are bounded, being of code or a file."""

    __slots__ = ("_counter", "_faults", "_steps")

    def __init__(self, telemetry: Telemetry) -> None:
        self._counter = telemetry.counter(SAMPLING_DECISIONS)
        self._faults = telemetry.faults
        # Looked up once for each rule: every request comes by here.
        self._steps: dict[tuple[str, bool], Callable[[], object]] = {}

    def count(self, rule: str, kept: bool) -> None:
        """Count one decision."""
        try:
            step = self._steps.get((rule, kept))
            if step is None:
                key = (rule, "kept" if kept else "dropped")
                step = self._steps[rule, kept] = self._counter.cell(key).step
            step()
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.internal_error("metrics", error)
