"""Timeline: virtual time for coroutines, which a queue of events drives.

`ManualClock` moves an event loop of asyncio when all its tasks are idle. Here are millions of
waits, so coroutines are driven by hand, and events of the same moment happen in the order in which
they were asked for, on every version of Python.
"""

from __future__ import annotations

import heapq
import itertools
import random
import types
from asyncio import CancelledError
from collections.abc import Callable, Coroutine, Generator
from contextvars import copy_context
from dataclasses import replace
from typing import Any

from ninefold.core import Runtime
from ninefold.testing import ManualClock

__all__ = ["Timeline"]


class Timeline:
    """What happens, and when, in seconds from 0 on."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._running: _Task | None = None

    def clock(self) -> float:
        """The present: a policy's clock."""
        return self.now

    def runtime(self, seed: str) -> Runtime:
        """Clock, chance and waits for a policy that lives here."""
        return replace(
            ManualClock().runtime(),
            clock=self.clock,
            random=random.Random(seed),
            async_sleep=self.sleep,
            timeout=lambda seconds: _Timeout(self, self.now + seconds),
        )

    def at(self, due: float, event: Callable[[], object]) -> None:
        """Have `event` happen at `due`."""
        heapq.heappush(self._events, (due, next(self._order), event))

    def start(self, coroutine: Coroutine[Any, Any, object]) -> None:
        """Begin a task now."""
        _Task(self, coroutine).step()

    def run(self, until: float) -> None:
        """Let everything happen that is due before `until`."""
        events = self._events
        while events and events[0][0] < until:
            self.now, _, event = heapq.heappop(events)
            event()
        self.now = until

    async def sleep(self, seconds: float) -> None:
        """Suspend the running task."""
        task = self._present()
        wait = task.wait = object()
        self.at(self.now + seconds, lambda: task.wake(wait))
        await _suspended()

    def _present(self) -> _Task:
        assert self._running is not None, "only a task can wait"
        return self._running


class _Task:
    """A coroutine in a context of its own, as every task of asyncio has one."""

    __slots__ = ("_context", "_coroutine", "_timeline", "wait")

    def __init__(self, timeline: Timeline, coroutine: Coroutine[Any, Any, object]) -> None:
        self._timeline = timeline
        self._coroutine = coroutine
        self._context = copy_context()
        self.wait: object = None
        """What it waits for; what is waited for no longer wakes nobody."""

    def step(self, error: BaseException | None = None) -> None:
        self.wait = None
        before, self._timeline._running = self._timeline._running, self
        try:
            if error is None:
                self._context.run(self._coroutine.send, None)
            else:
                self._context.run(self._coroutine.throw, error)
        except StopIteration:
            pass
        finally:
            self._timeline._running = before

    def wake(self, wait: object) -> None:
        if wait is self.wait:
            self.step()


class _Timeout:
    """What `asyncio.timeout` is to asyncio."""

    def __init__(self, timeline: Timeline, due: float) -> None:
        self._timeline = timeline
        self._due = due
        self._over = self._left = False

    def expired(self) -> bool:
        return self._over

    async def __aenter__(self) -> _Timeout:
        task = self._timeline._present()
        self._timeline.at(self._due, lambda: self._expire(task))
        return self

    async def __aexit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        self._left = True
        if self._over and isinstance(error, CancelledError):
            raise TimeoutError from error

    def _expire(self, task: _Task) -> None:
        if not self._left:
            self._over = True
            task.step(CancelledError())


@types.coroutine
def _suspended() -> Generator[None]:
    yield
