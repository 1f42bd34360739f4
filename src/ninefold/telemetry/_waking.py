"""A lock that wakes a sleeping process: for cells that somebody holds, at no cost once awake."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Protocol


class Sleeper(Protocol):
    """A cell whose lock is a `WakingLock` until something is recorded."""

    lock: RLock | WakingLock


class WakingLock:
    """Stands in for a cell's lock until it is first taken; then calls `wake` and gives way.

    Providers are built by the first record. One that goes through an instrument to a new series
    meets `Series.admit`, which sees to it; one into a cell that was reserved at set-up, or that was
    held before a fork, meets nothing but the cell's lock.
    """

    __slots__ = ("_cell", "_wake", "plain")

    def __init__(self, cell: Sleeper, plain: RLock, wake: Callable[[], None]) -> None:
        self._cell = cell
        self.plain = plain
        self._wake = wake

    def __enter__(self) -> bool:
        # Given way to first: what is measured while the providers are built must not come here.
        self._cell.lock = self.plain
        self._wake()
        return self.plain.acquire()

    def __exit__(self, *_: object) -> None:
        self.plain.release()
