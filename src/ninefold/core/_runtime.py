"""Where time and chance come from: one frozen Runtime, passed in and never reached for.

Wall time is not part of it: it is read only where data leaves the process.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol


class Expiry(Protocol):
    """What a `timeout` gives to its block."""

    def expired(self) -> bool:
        """Whether the time was over before the block was left."""
        ...


async def _async_sleep(seconds: float) -> None:
    # Imported when first awaited: a service without an event loop never pays for asyncio.
    import asyncio

    await asyncio.sleep(seconds)


def _timeout(seconds: float) -> AbstractAsyncContextManager[Expiry]:
    import asyncio

    return asyncio.timeout(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """The clock, the randomness and the ways to wait that a component uses.

    Every default is the real thing. Tests pass `ninefold.testing.ManualClock().runtime()` instead,
    so that time moves only when they say so.

    - `clock` gives monotonic float seconds. Only differences mean anything.
    - `random` draws by default from the operating system: two forked workers never draw alike, nor
      does an application that calls `random.seed` decide our jitter. `random.Random(7)` repeats.
    - `sleep` blocks the calling thread; `async_sleep` suspends the calling task. Both take seconds.
    - `wait` blocks the calling thread until the event is set or so many seconds have passed, and
      says whether the event was set.
    - `timeout` is `asyncio.timeout`: its `async with` block is cancelled after so many seconds, and
      then raises `TimeoutError`. Somebody else's cancellation passes as `CancelledError`, also when
      it comes at the same moment. Seconds of 0 or less are over at the block's first suspension.

    >>> runtime = Runtime(random=random.Random(7))
    >>> runtime.clock() <= runtime.clock()
    True
    >>> 0.0 <= runtime.random.random() < 1.0
    True
    """

    clock: Callable[[], float] = time.perf_counter
    random: random.Random = field(default_factory=random.SystemRandom)
    sleep: Callable[[float], None] = time.sleep
    async_sleep: Callable[[float], Awaitable[None]] = _async_sleep
    wait: Callable[[threading.Event, float], bool] = threading.Event.wait
    timeout: Callable[[float], AbstractAsyncContextManager[Expiry]] = _timeout
