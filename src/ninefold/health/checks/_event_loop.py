"""The check of an event loop: how late it runs what is due."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from ninefold.core import seconds
from ninefold.health._model import Finding

__all__ = ["event_loop"]

# Long enough for a timer of the loop's, short enough for the smallest timeout of a probe.
_TIMER = 0.01


@dataclass(frozen=True, slots=True)
class EventLoop:
    """How late the loop may be, in seconds."""

    max_lag: float

    async def run(self, timeout: float, /) -> Finding:
        """Measure in the loop that runs this."""
        loop = asyncio.get_running_loop()
        asked = loop.time()
        await asyncio.sleep(0)
        turn = loop.time()
        await asyncio.sleep(_TIMER)
        late = max(turn - asked, loop.time() - turn - _TIMER, 0.0)
        told = f"the event loop runs {late * 1000:.0f} ms late"
        return Finding("degraded" if late > self.max_lag else "up", told)


def event_loop(*, max_lag: float | timedelta = 1.0) -> EventLoop:
    """Whether the asyncio loop that runs this check keeps up with what it has to do.

    `max_lag` is by how many seconds it may be late, 1 by default; over that, it is degraded. Lag
    means that a function blocks the loop: a call without `await`, or more work than one core does.
    It is measured twice, by giving up the turn once and by a timer of 10 ms; the later counts.

    A loop that is blocked for good does not get to this check: that shows as its timeout.

    Raises `ConfigurationError` for a lag that is not above 0.

    >>> asyncio.run(event_loop(max_lag=60).run(2.0)).level
    'up'
    >>> event_loop(max_lag=0)
    Traceback (most recent call last):
    ninefold.errors.ConfigurationError: max_lag must be > 0 seconds, got 0
    """
    return EventLoop(seconds("max_lag", max_lag))
