"""Counts what was decided on traces that begin here, by the rule that decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ninefold.registry import SAMPLING_DECISIONS

if TYPE_CHECKING:
    from ninefold.telemetry._telemetry import Telemetry

__all__ = ["BY_DEFAULT", "BY_PARENT", "Decisions"]

BY_DEFAULT: Final = "default"
BY_PARENT: Final = "parent"


class Decisions:
    """`ninefold.sampling.decisions`; never raises. Rules are bounded, being of code or a file."""

    __slots__ = ("_add", "_faults")

    def __init__(self, telemetry: Telemetry) -> None:
        self._add = telemetry.counter(SAMPLING_DECISIONS).add
        self._faults = telemetry.faults

    def count(self, rule: str, kept: bool) -> None:
        """Count one decision."""
        try:
            self._add(1, (rule, "kept" if kept else "dropped"))
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.internal_error("metrics", error)
