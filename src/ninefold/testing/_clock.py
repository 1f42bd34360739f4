"""ManualClock: virtual time for the code under test, moved by the test and by nothing else."""

from __future__ import annotations

import heapq
import random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakSet

from ninefold.core import Runtime, seconds

if TYPE_CHECKING:
    import asyncio

# Turns of an event loop in which no sleeper comes or goes: by then whatever was ready has run.
_QUIET_TURNS = 16

# Real seconds: a thread that sleeps while nobody advances the clock is a test that would hang.
_PATIENCE = 30.0


@dataclass(order=True, slots=True)
class _Sleeper:
    due: float
    order: int
    loop: asyncio.AbstractEventLoop = field(compare=False)
    woken: asyncio.Future[None] = field(compare=False)


class ManualClock:
    """A clock, and both ways to wait on it, in seconds that no wall clock knows.

    By default (`automatic=True`) waiting itself moves time: `sleep` returns at once, later by its
    length; of several tasks in `async_sleep` the earliest is woken as soon as the other tasks have
    nothing left to do. Pass `automatic=False` where something real is raced against a wait: then
    time moves through `advance` alone, from any thread.

    Time never goes back: a negative length is a `ConfigurationError`.

    >>> clock = ManualClock()
    >>> clock.advance(2.5)
    >>> clock.sleep(0.5)
    >>> clock.now(), clock.sleeps
    (3.0, (0.5,))
    """

    def __init__(self, start: float = 0.0, *, automatic: bool = True) -> None:
        self._now = start
        self._automatic = automatic
        self._moved = threading.Condition()
        self._sleepers: list[_Sleeper] = []
        self._slept: list[float] = []
        self._moving: WeakSet[asyncio.AbstractEventLoop] = WeakSet()

    def __repr__(self) -> str:
        return f"ManualClock(now={self.now()!r}, automatic={self._automatic})"

    def runtime(self, *, seed: int = 0) -> Runtime:
        """A Runtime on this clock, whose randomness repeats for the same `seed`.

        >>> one, two = (ManualClock().runtime(seed=7) for _ in range(2))
        >>> one.random.random() == two.random.random()
        True
        """
        return Runtime(
            clock=self.now,
            random=random.Random(seed),
            sleep=self.sleep,
            async_sleep=self.async_sleep,
        )

    def now(self) -> float:
        """The present reading, in seconds."""
        with self._moved:
            return self._now

    @property
    def sleeps(self) -> tuple[float, ...]:
        """How long each `sleep` and `async_sleep` was asked to wait so far, in order."""
        with self._moved:
            return tuple(self._slept)

    def advance(self, by: float) -> None:
        """Move time on by `by` seconds, in one step, and wake who is due by then."""
        by = seconds("by", by, zero=True)
        with self._moved:
            self._move_to(self._now + by)

    def sleep(self, length: float) -> None:
        """Block this thread for `length` virtual seconds.

        Without `automatic` another thread has to advance the clock: if none does so within 30 real
        seconds this raises `TimeoutError` rather than hang.
        """
        length = seconds("length", length, zero=True)
        with self._moved:
            self._slept.append(length)
            due = self._now + length
            if self._automatic:
                self._move_to(due)
            elif not self._moved.wait_for(lambda: self._now >= due, _PATIENCE):
                raise TimeoutError(
                    f"slept {length:g} virtual seconds from {due - length:g} on, but the clock "
                    f"was not advanced beyond {self._now:g}; advance it from another thread"
                )

    async def async_sleep(self, length: float) -> None:
        """Suspend this task for `length` virtual seconds."""
        import asyncio

        length = seconds("length", length, zero=True)
        loop = asyncio.get_running_loop()
        sleeper = _Sleeper(0.0, 0, loop, loop.create_future())
        with self._moved:
            self._slept.append(length)
            sleeper.due, sleeper.order = self._now + length, len(self._slept)
            heapq.heappush(self._sleepers, sleeper)
            if not length:
                self._move_to(self._now)
            if self._automatic and loop not in self._moving:
                self._moving.add(loop)
                loop.call_soon(self._move_when_quiet, loop, sleeper, 0)
        try:
            await sleeper.woken
        finally:
            with self._moved:
                self._forget(sleeper)

    def _move_when_quiet(
        self, loop: asyncio.AbstractEventLoop, seen: _Sleeper | None, turns: int
    ) -> None:
        """Called once a turn while tasks of `loop` sleep; moves on to the earliest of them."""
        with self._moved:
            if not any(sleeper.loop is loop for sleeper in self._sleepers):
                self._moving.discard(loop)
                return
            earliest = self._sleepers[0]
            turns = turns + 1 if earliest is seen else 0
            if turns >= _QUIET_TURNS and earliest.loop is loop:
                self._move_to(earliest.due)
                turns = 0
            loop.call_soon(self._move_when_quiet, loop, earliest, turns)

    def _move_to(self, time: float) -> None:
        """Set the time, never back, and wake who is due. The caller holds the lock."""
        self._now = max(self._now, time)
        while self._sleepers and self._sleepers[0].due <= self._now:
            sleeper = heapq.heappop(self._sleepers)
            if not sleeper.loop.is_closed():
                sleeper.loop.call_soon_threadsafe(_wake, sleeper.woken)
        self._moved.notify_all()

    def _forget(self, sleeper: _Sleeper) -> None:
        """Take out a sleeper whose task was cancelled. The caller holds the lock."""
        kept = [other for other in self._sleepers if other is not sleeper]
        if len(kept) != len(self._sleepers):
            self._sleepers = kept
            heapq.heapify(kept)


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
