"""How late an event loop runs what is due: the worst of the last one to two minutes, and of now."""

from __future__ import annotations

from typing import Final, NamedTuple

PERIOD: Final = 0.25
"""Seconds from one tick to when the next is due."""

KEPT: Final = 60.0
"""Seconds that a bucket takes in; the one before it is told too, the one before that is not.

A reader that collects once a minute, as exporters do by default, misses no peak.
"""


class _State(NamedTuple):
    since: float
    before: float
    """The peak of the bucket before this one."""
    peak: float
    due: float


class Lag:
    """One loop's lag, told by ticks that the loop itself runs; time comes in as seconds.

    The loop's thread calls `tick`, any thread `read`: what they share is one reference, which is
    replaced whole.
    """

    __slots__ = ("_state",)

    def __init__(self, now: float) -> None:
        self._state = _State(now, 0.0, 0.0, now + PERIOD)

    def tick(self, now: float) -> None:
        """The loop ran the tick that was due, and the next is due a period from now."""
        since, before, peak, due = self._state
        age = now - since
        if age >= KEPT:
            since, before, peak = now, peak if age < 2 * KEPT else 0.0, 0.0
        self._state = _State(since, before, max(peak, now - due), now + PERIOD)

    def read(self, now: float) -> float:
        """The worst lateness in seconds, what is overdue at this moment included.

        So a loop that is blocked is seen while it is, by a reader on another thread.
        """
        state = self._state
        age = now - state.since
        overdue = max(0.0, now - state.due)
        if age >= 2 * KEPT:
            return overdue
        if age >= KEPT:
            return max(overdue, state.peak)
        return max(overdue, state.peak, state.before)

    def overdue(self, now: float) -> float:
        """How many seconds the tick that is due is late at this moment."""
        return max(0.0, now - self._state.due)
