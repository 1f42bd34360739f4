"""Counts each run of an operation, and each item of quality, for the objectives on it."""

from __future__ import annotations

from typing import NamedTuple

from ninefold.sli.objective._engine import Verdict, operation_verdict
from ninefold.sli.objective._metrics import Events, Pair

__all__ = ["OperationObjectives", "QualityObjectives"]


class Judge(NamedTuple):
    """One objective of an operation; `threshold` in seconds, or None where success is enough."""

    threshold: float | None
    pair: Pair


class OperationObjectives:
    """The objectives of operations, by the operation's name."""

    __slots__ = ("_events", "judges")

    def __init__(self, events: Events) -> None:
        self._events = events
        self.judges: dict[str, tuple[Judge, ...]] = {}
        """By operation; one without an objective is not in it."""

    def add(self, name: str, operation: str, threshold: float | None) -> None:
        """Count for this objective from now on."""
        judge = Judge(threshold, self._events.declare(name))
        self.judges[operation] = (*self.judges.get(operation, ()), judge)

    def count(self, operation: str, outcome: str, elapsed: float) -> None:
        """Count one run that is over, `elapsed` in seconds."""
        for threshold, pair in self.judges.get(operation, ()):
            verdict = operation_verdict(threshold, outcome=outcome, elapsed=elapsed)
            if verdict is Verdict.GOOD:
                pair.good.add(1)
            elif verdict is Verdict.BAD:
                pair.bad.add(1)


class QualityObjectives:
    """The objectives of quality, by the name under which the application counts its items."""

    __slots__ = ("_events", "_pairs")

    def __init__(self, events: Events) -> None:
        self._events = events
        self._pairs: dict[str, tuple[Pair, ...]] = {}

    def add(self, name: str, operation: str) -> None:
        """Count for this objective from now on."""
        pair = self._events.declare(name)
        self._pairs[operation] = (*self._pairs.get(operation, ()), pair)

    def counted(self, operation: str, good: float, bad: float) -> None:
        """Count items that were told of, both numbers known to be sound."""
        for pair in self._pairs.get(operation, ()):
            pair.good.add(good)
            pair.bad.add(bad)
