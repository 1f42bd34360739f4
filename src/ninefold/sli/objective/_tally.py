"""How many there were: what the counts of objectives are made of, at one lock an event."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from threading import RLock
from typing import NamedTuple, final

__all__ = ["Count", "Counted", "Tally"]


@final
class Count:
    """A sum that only grows."""

    __slots__ = ("_lock", "value")

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin again at zero with a lock of its own, as a forked child must."""
        # Re-entrant, as those of cells: a signal handler may count while its thread does.
        self._lock = RLock()
        self.value: float = 0

    def add(self, value: float) -> None:
        """Add what is known to be a number, and not negative."""
        with self._lock:
            self.value += value


class Counted(NamedTuple):
    """What a tally held at one moment."""

    thresholds: tuple[float, ...]
    counts: tuple[int, ...]
    streamed: int
    """How many were streamed; they are not among the `counts`."""

    @property
    def total(self) -> int:
        """How many took any time."""
        return sum(self.counts)

    def within(self, threshold: float) -> int:
        """How many took at most `threshold` seconds, which is one of the `thresholds`."""
        return sum(self.counts[: bisect_left(self.thresholds, threshold) + 1])


@final
class Tally:
    """Events of the same labels, by how long they took: as a histogram with thresholds for bounds.

    However many objectives ask, an event costs one lock, one bisect and one addition; each
    objective's share follows from the counts when somebody reads.

    >>> tally = Tally([0.3, 1.0])
    >>> for elapsed in (0.1, 0.3, 0.4):
    ...     tally.count(elapsed)
    >>> tally.read().within(0.3), tally.read().total
    (2, 3)
    """

    __slots__ = ("_counts", "_lock", "_streamed", "_thresholds")

    def __init__(self, thresholds: Iterable[float]) -> None:
        self._thresholds = tuple(sorted(set(thresholds)))
        self.restart()

    def restart(self) -> None:
        """Begin again at zero with a lock of its own, as a forked child must."""
        self._lock = RLock()
        self._counts = [0] * (len(self._thresholds) + 1)
        self._streamed = 0

    def count(self, elapsed: float) -> None:
        """Count one that took `elapsed` seconds."""
        with self._lock:
            self._counts[bisect_left(self._thresholds, elapsed)] += 1

    def count_streamed(self) -> None:
        """Count one whose end is not the service's to choose, so that no time is looked at."""
        with self._lock:
            self._streamed += 1

    def read(self) -> Counted:
        """What there is at this moment."""
        with self._lock:
            return Counted(self._thresholds, tuple(self._counts), self._streamed)
