"""Decides which retries a budget pays for. State is computed when asked: no clock, no timer."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

from ninefold.resilience.budget._model import Budget

# Ten tenths add up to a little less than one.
_WHOLE = 1 - 1e-9


class Tokens:
    """The tokens of one budget, shared by all threads and event loops of a process.

    `succeeded()` counts a success. It is one atomic step of a C counter, without a lock and without
    a frame of Python's, as every call that goes well takes it. It stays the same object for life,
    after `replace` and `restart` too, so that a caller may hold it.

    >>> tokens = Tokens(Budget(ratio=0.5, floor=1))
    >>> tokens.ask(0.0), tokens.ask(0.0)
    (True, False)
    >>> for _ in range(2):
    ...     _ = tokens.succeeded()
    >>> tokens.ask(0.0), tokens.ask(1.0)
    (True, True)
    """

    __slots__ = (
        "__weakref__",
        "_at",
        "_budget",
        "_counter",
        "_earned",
        "_floor",
        "_lock",
        "_most_floor",
        "_seen",
        "succeeded",
    )

    succeeded: Callable[[], object]
    """Count a success; what it returns means nothing."""

    def __init__(self, budget: Budget) -> None:
        self._counter = itertools.count()
        self.succeeded = self._counter.__next__
        self._seen = 0
        self._earned = 0.0
        self._budget = budget
        self._floor = 0.0
        self._begin()

    @property
    def budget(self) -> Budget:
        """The numbers that hold now."""
        return self._budget

    def ask(self, now: float) -> bool:
        """Whether a retry may be made; if so its token is spent, before the wait and for good.

        `now` is monotonic seconds. What came by itself is spent before what was earned: it cannot
        be kept for long. Spent when the retry is decided, as retries that wait would otherwise all
        be granted the same token (Envoy's issue 30205).
        """
        with self._lock:
            self._settle(now)
            if self._floor + self._earned < _WHOLE:
                return False
            free = min(self._floor, 1.0)
            self._floor -= free
            self._earned = max(0.0, self._earned - (1.0 - free))
            return True

    def give_back(self) -> None:
        """Take back the token of a retry that was granted and is not made after all."""
        with self._lock:
            self._earned = min(self._budget.burst, self._earned + 1.0)

    def level(self, now: float) -> float:
        """The tokens left at `now`, in monotonic seconds; a reading changes nothing."""
        with self._lock:
            self._settle(now)
            return self._floor + self._earned

    def replace(self, budget: Budget) -> None:
        """Have other numbers hold from here on; what is left stays, as far as they let it.

        Successes so far are earned by the old ratio. The time since the last question is not known
        here: the new floor holds for it, up to the one second's worth that is ever kept.
        """
        with self._lock:
            self._collect()
            self._budget = budget
            self._most_floor = _most_floor(budget)
            self._floor = min(self._floor, self._most_floor)
            self._earned = min(self._earned, budget.burst)

    def restart(self) -> None:
        """Begin as new in a forked child: nothing earned, and a lock of its own."""
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.RLock()
        self._at: float | None = None
        self._most_floor = _most_floor(self._budget)
        self._floor = self._most_floor
        self._collect()
        self._earned = 0.0

    def _settle(self, now: float) -> None:
        """Add what came since the last question. The caller holds the lock."""
        self._collect()
        if self._at is None:
            self._at = now
        elif now > self._at:
            came = (now - self._at) * self._budget.floor
            self._floor = min(self._most_floor, self._floor + came)
            self._at = now

    def _collect(self) -> None:
        """Add what was earned since the last question. The caller holds the lock."""
        # The counter cannot be read without being moved on: of its steps, our own are no success.
        count = next(self._counter)
        earned = (count - self._seen) * self._budget.ratio
        self._earned = min(self._budget.burst, self._earned + earned)
        self._seen = count + 1


def _most_floor(budget: Budget) -> float:
    """The most that is kept of what comes by itself: a second's worth, or one whole token."""
    return max(1.0, budget.floor) if budget.floor else 0.0
