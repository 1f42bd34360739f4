"""Counts calls to dependencies, and the attempts that reached them, for the objectives on them."""

from __future__ import annotations

from typing import NamedTuple

from ninefold.sli.objective._engine import Verdict, attempt_verdict, call_verdict
from ninefold.sli.objective._metrics import Events, Pair
from ninefold.sli.objective._model import DependencyAvailability

__all__ = ["DependencyObjectives"]


class Agreed(NamedTuple):
    """One objective on their side; `slower_than` in seconds, or None where an answer is enough."""

    slower_than: float | None
    pair: Pair


class DependencyObjectives:
    """The objectives of dependencies, by the dependency's name."""

    __slots__ = ("_events", "ours", "theirs")

    def __init__(self, events: Events) -> None:
        self._events = events
        self.ours: dict[str, tuple[Pair, ...]] = {}
        """On calls as we experience them; a dependency without an objective is not in it."""
        self.theirs: dict[str, tuple[Agreed, ...]] = {}
        """On attempts that reached them, likewise."""

    def add(self, name: str, kind: DependencyAvailability) -> None:
        """Count for this objective from now on."""
        pair, dependency = self._events.declare(name), kind.dependency
        if kind.side == "ours":
            self.ours[dependency] = (*self.ours.get(dependency, ()), pair)
        else:
            agreed = Agreed(kind.slower_than, pair)
            self.theirs[dependency] = (*self.theirs.get(dependency, ()), agreed)

    def call(self, dependency: str, outcome: str, reason: str | None) -> None:
        """Count one call that is over, its retries and fallback included."""
        pairs = self.ours.get(dependency)
        if pairs is None:
            return
        verdict = call_verdict(outcome, reason)
        if verdict is not Verdict.NO_EVENT:
            for pair in pairs:
                (pair.good if verdict is Verdict.GOOD else pair.bad).add(1)

    def attempt(self, dependency: str, outcome: str, elapsed: float) -> None:
        """Count one attempt that reached the dependency and is over, `elapsed` in seconds."""
        for slower_than, pair in self.theirs.get(dependency, ()):
            verdict = attempt_verdict(outcome, elapsed, slower_than)
            if verdict is Verdict.GOOD:
                pair.good.add(1)
            elif verdict is Verdict.BAD:
                pair.bad.add(1)
