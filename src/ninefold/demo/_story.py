"""Story: what went wrong, what was done about it, and when; by what `/metrics` tells."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from ninefold.demo._condition import Condition
from ninefold.demo._exposition import Reading
from ninefold.demo._guarded import Guarded

KEPT: Final = 8

_ENTERED: Final = {
    "open": "opened: calls are rejected at once",
    "half_open": "lets a few calls through on probation",
    "closed": "closed: calls pass again",
}


@dataclass(slots=True)
class Story:
    """The last things that happened, a line each, as seen between one scrape and the next."""

    lines: list[str] = field(default_factory=list[str])
    _before: dict[str, Guarded] = field(default_factory=dict[str, Guarded])
    _was: dict[str, Condition] = field(default_factory=dict[str, Condition])

    def tell(self, elapsed: float, line: str) -> None:
        """Say what happened after so many seconds."""
        self.lines.append(f"{elapsed:4.0f} s  {line}")

    def look(self, elapsed: float, service: str, reading: Reading) -> None:
        """Say what is new in a scrape of a service."""
        for now in reading.guarded:
            before = self._before.get(now.name, Guarded(now.name))
            self._before[now.name] = now
            for state, text in _ENTERED.items():
                times = now.entered[state] - before.entered[state]
                if times:
                    often = f" ({times} times)" if times > 1 else ""
                    self.tell(elapsed, f"{service}: the breaker of {now.name} {text}{often}")
            spared = _more(now.suppressed, before.suppressed)
            if spared:
                self.tell(elapsed, f"{service}: retries of {now.name} not made: {counts(spared)}")

    def see(self, elapsed: float, service: str, now: Condition | None) -> None:
        """Say what has changed in a service's health."""
        if now is None:
            return
        before = self._was.get(service)
        self._was[service] = now
        if before is None:
            return
        for name, (state, why) in now.dependencies.items():
            if before.dependencies.get(name, ("",))[0] != state:
                because = f": {why}" if why else ""
                self.tell(elapsed, f"{service}: {name} is {state}{because}")
        if str(before) != str(now):
            self.tell(elapsed, f"{service}: {now}")


def summary(service: str, one: Guarded) -> list[str]:
    """What came of the calls to a dependency in all, a line each."""
    lines = [
        f"{service:10} called {one.name} {one.calls.total():,} times: {counts(one.calls)}",
        f"{'':10} by {one.attempts.total():,} attempts: {counts(one.attempts)}",
    ]
    if one.suppressed:
        lines.append(f"{'':10} retries not made: {counts(one.suppressed)}")
    if one.state:
        opened = one.entered["open"]
        times = {0: "never opened", 1: "opened once"}.get(opened, f"opened {opened} times")
        lines.append(f"{'':10} its breaker is {one.state}; it {times}")
    return lines


def counts(counted: Counter[str]) -> str:
    """How many of what, the most first."""
    return ", ".join(f"{number:,} {what}" for what, number in counted.most_common())


def _more(now: Counter[str], before: Counter[str]) -> Counter[str]:
    return +Counter({what: number - before[what] for what, number in now.items()})
