"""An asyncio event loop on a ManualClock: waiting moves time on, and nothing else does."""

from __future__ import annotations

import asyncio
import selectors

from ninefold.testing import ManualClock


class _Selector(selectors.DefaultSelector):
    """Never waits for a time that is told: it moves the clock there."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now."""
        if timeout:
            self._clock.advance(timeout)
        return super().select(timeout and 0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Timers come due in the clock's seconds; whoever advances the clock in between blocks it."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(_Selector(clock))
        self._clock = clock

    def time(self) -> float:
        """The clock's present."""
        return self._clock.now()
