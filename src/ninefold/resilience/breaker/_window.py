"""What the last calls came to: over the last seconds, or the last so many calls. Bounded state."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Protocol

__all__ = ["CountWindow", "TimeWindow", "Window"]

SLICES = 10


class Window(Protocol):
    """Sums of the calls that still count. The caller holds a lock, but for `tick`."""

    total: int
    failed: int
    slow: int
    until: float
    """Until when `tick` may stand for `add`, on the clock of `add`."""
    tick: Callable[[], int]
    """Count one success that was not slow, at present: one atomic step, without a lock.

    Another one after each `clear`, so that a step of before is lost and not counted anew.
    """

    def add(self, now: float, failed: int, slow: int) -> None:
        """Count one call that ended at `now`; `failed` and `slow` are 1 or 0."""
        ...

    def settle(self, now: float) -> None:
        """Let go of what is too old at `now`, and take in what was ticked."""
        ...

    def clear(self) -> None:
        """Forget every call."""
        ...


class TimeWindow:
    """The last `seconds`, in ten slices: what falls out does so a slice at a time."""

    __slots__ = (
        "_at",
        "_failed",
        "_per_second",
        "_seen",
        "_slow",
        "_total",
        "failed",
        "slow",
        "tick",
        "total",
        "until",
    )

    def __init__(self, seconds: float) -> None:
        self._per_second = SLICES / seconds
        self.clear()

    def clear(self) -> None:
        """Forget every call."""
        self._total, self._failed, self._slow = [0] * SLICES, [0] * SLICES, [0] * SLICES
        self._at = -1
        self.total = self.failed = self.slow = 0
        self.tick = itertools.count().__next__
        self._seen = 0
        self.until = -math.inf

    def add(self, now: float, failed: int, slow: int) -> None:
        """Count one call that ended at `now`."""
        self.settle(now)
        # A reading from before the last one, of another thread, counts in the present slice.
        place = self._at % SLICES
        self._total[place] += 1
        self.total += 1
        if failed:
            self._failed[place] += 1
            self.failed += 1
        if slow:
            self._slow[place] += 1
            self.slow += 1

    def settle(self, now: float) -> None:
        """Let go of what is too old at `now`, and take in what was ticked."""
        # The counter cannot be read without being moved on: of its steps, our own are no call.
        count = self.tick()
        ticked = count - self._seen
        self._seen = count + 1
        if ticked:
            self._total[self._at % SLICES] += ticked
            self.total += ticked
        at = int(now * self._per_second)
        if at > self._at:
            self._move(at)

    def _move(self, at: int) -> None:
        for step in range(max(self._at + 1, at - SLICES + 1), at + 1):
            place = step % SLICES
            self.total -= self._total[place]
            self.failed -= self._failed[place]
            self.slow -= self._slow[place]
            self._total[place] = self._failed[place] = self._slow[place] = 0
        self._at = at
        self.until = (at + 1) / self._per_second


class CountWindow:
    """The last `calls` calls, however old."""

    __slots__ = ("_next", "_ring", "_size", "failed", "slow", "tick", "total", "until")

    def __init__(self, calls: int) -> None:
        self._size = calls
        self.tick = itertools.count().__next__
        # Each call takes the place of the oldest one, so none is but ticked.
        self.until = -math.inf
        self.clear()

    def clear(self) -> None:
        """Forget every call."""
        self._ring = bytearray()
        self._next = 0
        self.total = self.failed = self.slow = 0

    def add(self, now: float, failed: int, slow: int) -> None:
        """Count one call."""
        del now
        told = failed | slow << 1
        if self.total < self._size:
            self._ring.append(told)
            self.total += 1
        else:
            gone = self._ring[self._next]
            self.failed -= gone & 1
            self.slow -= gone >> 1
            self._ring[self._next] = told
        self._next = (self._next + 1) % self._size
        self.failed += failed
        self.slow += slow

    def settle(self, now: float) -> None:
        """Nothing grows old here."""
