"""Tally: how many traces, spans and bytes came and were kept, by the rule that decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ninefold.sampling._engine import BY_DEFAULT
from ninefold.sampling._model import Sampling
from ninefold.sampling.simulation._replay import Outcome

__all__ = ["Row", "Share", "Tally"]


@dataclass(slots=True)
class Share:
    """How many traces of a kind came, and how many of them are kept."""

    seen: float = 0.0
    kept: float = 0.0

    @property
    def share(self) -> float | None:
        """The share of them that is kept; None where none came."""
        return self.kept / self.seen if self.seen else None

    def add(self, outcome: Outcome) -> None:
        """Count what became of some."""
        self.seen += outcome.stands_for
        if outcome.kept:
            self.kept += outcome.stands_for


@dataclass(slots=True)
class Row:
    """What one rule decided on. A trace counts once in each process that decides on it."""

    traces: Share = field(default_factory=Share)
    errors: Share = field(default_factory=Share)
    slow: Share = field(default_factory=Share)
    spans: float = 0.0
    """Of those kept, as is `size`, in bytes."""
    size: float = 0.0

    def add(self, outcome: Outcome, *, slow: bool) -> None:
        """Count what became of some traces."""
        part = outcome.part
        self.traces.add(outcome)
        if part.failed:
            self.errors.add(outcome)
        if slow:
            self.slow.add(outcome)
        if outcome.kept:
            self.spans += outcome.stands_for * part.spans
            self.size += outcome.stands_for * part.size


@dataclass(frozen=True, slots=True)
class Tally:
    """What rules made of traffic: by rule, in the rules' order, and in all.

    `estimated` is how many of the traces were not recorded themselves.
    """

    rows: dict[str, Row]
    total: Row
    estimated: float

    @classmethod
    def of(cls, outcomes: Iterable[Outcome], sampling: Sampling, *, slower_than: float) -> Tally:
        """Count `outcomes` of a replay of `sampling`.

        Slow is what took `slower_than` seconds or longer.
        Rules that decided on nothing have a row too.
        """
        rows = {rule.name: Row() for rule in sampling.rules}
        rows.setdefault(BY_DEFAULT, Row())
        total = Row()
        estimated = 0.0
        for outcome in outcomes:
            slow = outcome.part.seconds >= slower_than
            row = rows.get(outcome.rule)
            if row is None:
                row = rows[outcome.rule] = Row()
            row.add(outcome, slow=slow)
            total.add(outcome, slow=slow)
            estimated += outcome.stands_for if outcome.copy else outcome.stands_for - 1
        return cls(rows, total, estimated)
