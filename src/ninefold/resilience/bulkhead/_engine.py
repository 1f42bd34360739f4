"""Decides who has a place and who waits for one: first come, first served, in constant time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable


class Waiter:
    """One call in the queue. `entered` says that a place was handed over to it."""

    __slots__ = ("entered", "gone", "wake")

    def __init__(self, wake: Callable[[], object]) -> None:
        self.wake = wake
        self.entered = False
        self.gone = False


class Places:
    """The `limit` places of one bulkhead, for any number of threads and event loops at once.

    A place that is left goes directly to who waits longest, so nobody overtakes. The callables that
    wake a waiter run outside of the lock; one that raises `RuntimeError`, as that of a closed event
    loop does, passes the place on to the next.

    >>> places = Places(1)
    >>> places.try_enter(), places.try_enter()
    (True, False)
    >>> waiter = places.join(lambda: print("your turn"))
    >>> places.leave()
    your turn
    >>> waiter.entered, places.usage, places.waiting
    (True, 1, 0)
    """

    __slots__ = ("_limit", "_lock", "_queue", "_usage")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.restart()

    def restart(self) -> None:
        """Begin with all places free and nobody waiting, as in a forked child."""
        # Re-entrant: a signal's handler may make a call in the midst of this, and the collector may
        # close a coroutine that waits here. Each step below leaves behind what such a one can meet.
        self._lock = threading.RLock()
        self._usage = 0
        # Its first and any other entry are removed in constant time, which no dict or deque can.
        self._queue: OrderedDict[Waiter, None] = OrderedDict()

    @property
    def limit(self) -> int:
        """How many places there are."""
        return self._limit

    @property
    def usage(self) -> int:
        """How many are taken: above the limit only after that was lowered."""
        return self._usage

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return len(self._queue)

    def try_enter(self) -> bool:
        """Take a place, unless all are taken or somebody waits for one. Give it back by `leave`."""
        with self._lock:
            if self._usage < self._limit and not self._queue:
                self._usage += 1
                return True
            return False

    def leave(self) -> None:
        """Give a place back. It goes to who waits longest."""
        with self._lock:
            # A call that was under way when the process forked leaves places that were never taken.
            if self._usage > 0:
                self._usage -= 1
            if not self._queue:
                return
        self._hand_over()

    def join(self, wake: Callable[[], object]) -> Waiter:
        """Queue up; `wake` is called, from any thread, when the waiter has `entered`.

        A place that came free meanwhile is taken at once: then `entered` is true and nobody is
        woken. Whoever stops waiting says so by `forget`.
        """
        waiter = Waiter(wake)
        with self._lock:
            if self._usage < self._limit and not self._queue:
                self._usage += 1
                waiter.entered = True
            else:
                self._queue[waiter] = None
        return waiter

    def forget(self, waiter: Waiter) -> None:
        """Take a waiter out; the place that was handed over to it already goes to the next.

        For one that entered and goes on to its call this is not to be said: that one leaves.
        """
        with self._lock:
            if waiter.gone:
                return
            waiter.gone = True
            if not waiter.entered:
                self._queue.pop(waiter, None)
                return
        self.leave()

    def resize(self, limit: int) -> None:
        """Have `limit` places from now on. Calls above a smaller one run to their end."""
        with self._lock:
            self._limit = limit
        self._hand_over()

    def _hand_over(self) -> None:
        """Give each free place to who waits longest, and wake them with the lock released."""
        while (waiter := self._next()) is not None:
            try:
                waiter.wake()
            except RuntimeError:
                self._give_back(waiter)

    def _next(self) -> Waiter | None:
        with self._lock:
            while self._queue and self._usage < self._limit:
                self._usage += 1
                waiter, _ = self._queue.popitem(last=False)
                if not waiter.gone:
                    waiter.entered = True
                    return waiter
                self._usage -= 1
            return None

    def _give_back(self, waiter: Waiter) -> None:
        with self._lock:
            if not waiter.gone:
                waiter.gone = True
                self._usage -= 1
