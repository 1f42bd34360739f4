"""Counts what was decided on traces that begin here, by the rule that decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ninefold.registry import SAMPLING_BUFFER_DROPPED, SAMPLING_DECISIONS

if TYPE_CHECKING:
    from ninefold.telemetry._measuring import Measuring

__all__ = ["BY_DEFAULT", "BY_PARENT", "Decisions"]

BY_DEFAULT: Final = "default"
BY_PARENT: Final = "parent"


class Decisions:
    """`ninefold.sampling.decisions`; never raises. Rules are bounded, being of code or a file."""

    __slots__ = ("_counter", "_faults", "_losses", "_steps")

    def __init__(self, measuring: Measuring) -> None:
        self._counter = measuring.counter(SAMPLING_DECISIONS)
        self._losses = measuring.counter(SAMPLING_BUFFER_DROPPED)
        self._faults = measuring.faults
        # Looked up once for each rule: every request comes by here.
        self._steps: dict[tuple[str, bool], Callable[[], object]] = {}

    def failed(self, error: Exception) -> None:
        """Count a fault that was kept from the application while it was decided."""
        self._faults.internal_error("traces", error)

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

    def outcome(self, rule: str, kept: bool) -> None:
        """Count what came of a trace that waited for its outcome."""
        self._counter.add(1, (rule, "deferred_kept" if kept else "deferred_dropped"))

    def lost(self, reason: str, spans: int) -> None:
        """Count spans that waited and were given up."""
        self._losses.add(spans, (reason,))
