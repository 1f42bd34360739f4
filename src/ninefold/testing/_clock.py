"""ManualClock: virtual time for the code under test, moved by the test and by nothing else."""

from __future__ import annotations

import heapq
import itertools
import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING
from weakref import WeakSet

from ninefold.core import Expiry, Runtime, seconds

if TYPE_CHECKING:
    import asyncio

# Turns of an event loop in which no sleeper comes or goes: by then whatever was ready has run.
_QUIET_TURNS = 16

# Real seconds: a thread that sleeps while nobody advances the clock is a test that would hang.
_PATIENCE = 30.0

# Real seconds: how often `wait` looks at both the event and the clock, as nothing tells of either.
_LOOK = 0.001


@dataclass(order=True, slots=True)
class _Sleeper:
    """What is to happen on an event loop at a virtual time; told once only, and never once gone."""

    due: float
    order: int
    loop: asyncio.AbstractEventLoop = field(compare=False)
    wake: Callable[[], None] = field(compare=False)
    gone: bool = field(default=False, compare=False)


class ManualClock:
    """A clock, and every way to wait on it, in seconds that no wall clock knows.

    By default (`automatic=True`) waiting itself moves time: `sleep` returns at once, later by its
    length, and so does `wait` unless its event is set; of several tasks in `async_sleep`, or inside
    `timeout`, the earliest to come due is woken, or cancelled, as soon as all tasks have nothing
    left to do. Pass `automatic=False` where something real is raced against a wait: then time moves
    through `advance` alone, from any thread.

    Time never goes back: a negative length of a sleep is a `ConfigurationError`. A `wait` or a
    `timeout` of one is over at once, as the real ones are.

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
        self._order = itertools.count()
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
            wait=self.wait,
            timeout=self.timeout,
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

    def wait(self, event: threading.Event, length: float) -> bool:
        """Block this thread until `event` is set or `length` virtual seconds have passed.

        Returns whether the event was set. Without `automatic` another thread has to do either: if
        none does so within 30 real seconds this raises `TimeoutError` rather than hang.
        """
        length = seconds("length", max(length, 0.0), zero=True)
        with self._moved:
            due = self._now + length
            if event.is_set():
                return True
            if self._automatic:
                self._move_to(due)
                return event.is_set()
        patient_until = time.monotonic() + _PATIENCE
        while self.now() < due:
            if event.wait(_LOOK):
                return True
            if time.monotonic() > patient_until:
                raise TimeoutError(
                    f"waited {length:g} virtual seconds from {due - length:g} on, but the event was"
                    f" not set nor the clock advanced beyond {self.now():g}; do either from another"
                    " thread"
                )
        return event.is_set()

    async def async_sleep(self, length: float) -> None:
        """Suspend this task for `length` virtual seconds."""
        import asyncio

        length = seconds("length", length, zero=True)
        loop = asyncio.get_running_loop()
        woken = loop.create_future()

        def wake() -> None:
            if not woken.done():
                woken.set_result(None)

        with self._moved:
            self._slept.append(length)
            sleeper = self._enlist(self._now + length, loop, wake)
        try:
            await woken
        finally:
            sleeper.gone = True

    def timeout(self, length: float) -> AbstractAsyncContextManager[Expiry]:
        """Cancel the `async with` block after `length` virtual seconds: `asyncio.timeout`.

        The time begins at the call, as it does there.
        """
        return _Timeout(self, self.now() + seconds("length", max(length, 0.0), zero=True))

    def _enlist(
        self, due: float, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]
    ) -> _Sleeper:
        """Have `wake` called on `loop` at `due`. The caller holds the lock, and runs on `loop`."""
        sleeper = _Sleeper(due, next(self._order), loop, wake)
        heapq.heappush(self._sleepers, sleeper)
        if due <= self._now:
            self._move_to(self._now)
        if self._automatic and loop not in self._moving:
            self._moving.add(loop)
            loop.call_soon(self._move_when_quiet, loop, sleeper, 0)
        return sleeper

    def _move_when_quiet(
        self, loop: asyncio.AbstractEventLoop, seen: _Sleeper | None, turns: int
    ) -> None:
        """Called once a turn while tasks of `loop` sleep; moves on to the earliest of them."""
        with self._moved:
            earliest = self._earliest()
            if not any(each.loop is loop and not each.gone for each in self._sleepers):
                self._moving.discard(loop)
                return
            turns = turns + 1 if earliest is seen else 0
            if turns >= _QUIET_TURNS and earliest is not None and earliest.loop is loop:
                self._move_to(earliest.due)
                turns = 0
            loop.call_soon(self._move_when_quiet, loop, earliest, turns)

    def _earliest(self) -> _Sleeper | None:
        """Who is due first, of those that still wait. The caller holds the lock."""
        while self._sleepers:
            first = self._sleepers[0]
            if not first.gone and not first.loop.is_closed():
                return first
            heapq.heappop(self._sleepers)
        return None

    def _move_to(self, time: float) -> None:
        """Set the time, never back, and wake who is due. The caller holds the lock."""
        self._now = max(self._now, time)
        while (earliest := self._earliest()) is not None and earliest.due <= self._now:
            heapq.heappop(self._sleepers)
            earliest.loop.call_soon_threadsafe(earliest.wake)
        self._moved.notify_all()


class _Timeout:
    """asyncio's own timeout, whose time is brought forward to now once the clock has come to it."""

    __slots__ = ("_clock", "_due", "_inner", "_sleeper")

    def __init__(self, clock: ManualClock, due: float) -> None:
        import asyncio

        self._clock = clock
        self._due = due
        self._inner = asyncio.Timeout(None)
        self._sleeper: _Sleeper | None = None

    async def __aenter__(self) -> asyncio.Timeout:
        import asyncio

        await self._inner.__aenter__()
        loop = asyncio.get_running_loop()
        with self._clock._moved:
            if self._due <= self._clock._now:
                self._inner.reschedule(loop.time())
            else:
                self._sleeper = self._clock._enlist(self._due, loop, self._expire)
        return self._inner

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._sleeper is not None:
            self._sleeper.gone = True
        await self._inner.__aexit__(kind, error, traceback)

    def _expire(self) -> None:
        # The clock may have been advanced by another thread while the block was being left.
        if self._sleeper is not None and not self._sleeper.gone:
            self._inner.reschedule(self._sleeper.loop.time())
