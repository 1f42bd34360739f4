"""Traffic: what real calls say about a dependency, beside what its probes say. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

__all__ = ["Calls", "Saying", "Traffic"]

SPAN: Final = 10.0
"""Seconds of calls that are looked at; older ones say how it was."""

ENOUGH: Final = 5
"""Calls below which their share of failures says nothing."""

FAILS_AT: Final = 0.5
RECOVERS_BELOW: Final = 0.25
_RESOLUTION: Final = 0.5
_KEPT: Final = 128

Saying: TypeAlias = Literal["succeeding", "failing"]


@dataclass(frozen=True, slots=True)
class Calls:
    """What is known of a dependency's calls at a moment: totals since the process began.

    `good` and `bad` count attempts that ended, `refused` calls that its breaker rejected;
    `is_refusing` says that the breaker lets no call pass, or a few on probation. `open_for` is for
    how many seconds evidence is good.
    """

    good: int = 0
    bad: int = 0
    refused: int = 0
    is_refusing: bool = False
    open_for: float = 5.0


class Traffic:
    """Evidence from calls. It expires when `open_for` seconds have passed without any."""

    __slots__ = ("_failing", "_last", "_now", "_seen")

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int, int]] = deque(maxlen=_KEPT)
        self._now = Calls()
        self._last: float | None = None
        self._failing = False

    def look(self, now: float, calls: Calls) -> None:
        """Take note of the totals at `now`; to be called every second or so."""
        before, self._now = self._now, calls
        if not self._seen:
            # Before the first look there was nothing.
            self._seen.append((now - _RESOLUTION, 0, 0))
        if (calls.good, calls.bad, calls.refused) != (before.good, before.bad, before.refused):
            self._last = now
        latest = self._seen[-1]
        if now - latest[0] >= _RESOLUTION and (calls.good, calls.bad) != latest[1:]:
            self._seen.append((now, calls.good, calls.bad))
        self._failing = self._is_failing(now)

    def says(self, now: float, *, since: float | None = None) -> Saying | None:
        """What the calls say; None where there are none, or too few.

        `since` is when probes began to fail: what succeeded before that says nothing about it.
        """
        if self._last is None or now - self._last >= self._now.open_for:
            return None
        if self._failing:
            return "failing"
        good, bad = self._between(max(now - SPAN, since if since is not None else now - SPAN))
        if good > 0 and bad < FAILS_AT * (good + bad):
            return "succeeding"
        return None

    @property
    def is_refusing(self) -> bool:
        """Whether the breaker lets no call pass, or a few on probation."""
        return self._now.is_refusing

    def _is_failing(self, now: float) -> bool:
        if self._now.is_refusing:
            return True
        good, bad = self._between(now - SPAN)
        if good + bad < ENOUGH:
            # Too few to change what is said.
            return self._failing and good == 0
        share = bad / (good + bad)
        return share >= (RECOVERS_BELOW if self._failing else FAILS_AT)

    def _between(self, start: float) -> tuple[int, int]:
        """Good and bad attempts that ended after `start`, as closely as it was looked."""
        good = bad = 0
        for at, *counted in self._seen:
            if at > start:
                break
            good, bad = counted
        return self._now.good - good, self._now.bad - bad
