"""What a service answers to `/readyz` and `/healthz`, and how often it said what."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

READYZ: Final = "/readyz"
HEALTHZ: Final = "/healthz"
IN_FULL: Final = f"{HEALTHZ}?verbose"

_ANSWERED: Final = (200, 503)


@dataclass(frozen=True, slots=True)
class Condition:
    """One look at a service's health: the status of `/readyz`, and what `/healthz` tells.

    `dependencies` are as it tells of them, by name: the state, with remarks, and why.
    """

    ready: int
    status: str
    notes: tuple[str, ...] = ()
    dependencies: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])

    @classmethod
    def read(cls, ready: int, code: int, body: str) -> Self | None:
        """Read what came from both paths; None where nobody answers for health there."""
        if ready not in _ANSWERED or code not in _ANSWERED:
            return None
        try:
            told: Any = json.loads(body)
            checks: Mapping[str, Any] = told.get("checks", {})
            return cls(
                ready,
                told["status"],
                tuple(told.get("notes", ())),
                {name: _dependency(several[0]) for name, several in checks.items()},
            )
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            return None

    def __str__(self) -> str:
        """Say it in one line."""
        notes = f" ({', '.join(self.notes)})" if self.notes else ""
        return f"{READYZ} {self.ready}, {HEALTHZ} {self.status}{notes}"


@dataclass(slots=True)
class Looks:
    """What a service's health was at all the looks at it."""

    ready: Counter[int] = field(default_factory=Counter[int])
    status: Counter[str] = field(default_factory=Counter[str])
    last: Condition | None = None

    def take(self, condition: Condition | None) -> None:
        """Count one."""
        if condition is not None:
            self.ready[condition.ready] += 1
            self.status[condition.status] += 1
            self.last = condition

    def summary(self, service: str) -> list[str]:
        """How it is, and how often it was how, a line each."""
        if self.last is None:
            return []
        ready = ", ".join(f"{code} in {times} looks" for code, times in self.ready.most_common())
        status = ", ".join(f"{word} in {times}" for word, times in self.status.most_common())
        return [
            f"{service:10} {self.last}",
            f"{'':10} so far {READYZ} {ready}; {HEALTHZ} {status}",
        ]


def _dependency(told: Mapping[str, Any]) -> tuple[str, str]:
    notes = ", ".join(told.get("notes", ()))
    state = str(told["status"]).lower()
    return f"{state} ({notes})" if notes else state, str(told.get("output", ""))
