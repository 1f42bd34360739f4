"""Watches asyncio's event loops: each runs a tick four times a second, which tells how late it is.

A tick is a timer of the loop's own, so there is no thread, and a loop that is to end has nothing to
wait for.
"""

from __future__ import annotations

import sys
from contextvars import Context
from typing import TYPE_CHECKING

from ninefold.core import Runtime
from ninefold.registry import EVENT_LOOP_LAG
from ninefold.sli.process._engine import PERIOD, Lag
from ninefold.telemetry import restart_after_fork

if TYPE_CHECKING:
    import asyncio

    from ninefold.telemetry import Observation, Telemetry


class EventLoops:
    """The loops of this process and their lag, of which the greatest is told.

    Loops of other libraries, as trio's, are not watched. Nothing here raises.
    """

    def __init__(self, telemetry: Telemetry, runtime: Runtime | None = None) -> None:
        self._clock = (runtime or Runtime()).clock
        self._faults = telemetry.faults
        self._on = True
        self.watched: dict[asyncio.AbstractEventLoop, Lag] = {}
        """Loops that ran when last looked at, by which a caller may save the call of `watch`.

        They are held, and let go of once they no longer run, whenever a reader collects and a
        further loop comes: weak references would be dearer to ask on every request.
        """
        if telemetry.settings.process_metrics and not telemetry.disabled:
            telemetry.observe(EVENT_LOOP_LAG, self._read)
        restart_after_fork(self)

    def watch(self) -> bool:
        """Watch the loop that runs this, from now on; whether there is one that is watched."""
        # Who has not imported asyncio runs no loop of it.
        if not self._on or "asyncio" not in sys.modules:
            return False
        try:
            loop = _running()
            if loop is None:
                return False
            if loop not in self.watched:
                self._forget()
                # Noted first: a loop that cannot run ticks must not be tried on every request.
                lag = self.watched[loop] = Lag(self._clock())
                self._arm(loop, lag)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.internal_error("metrics", error)
            return False
        return True

    def running(self) -> asyncio.AbstractEventLoop | None:
        """One that serves requests at present, if any does."""
        return next((loop for loop in list(self.watched) if loop.is_running()), None)

    def overdue(self) -> float | None:
        """How many seconds the most belated loop is late now; None where none runs."""
        now = self._clock()
        late = [lag.overdue(now) for loop, lag in list(self.watched.items()) if loop.is_running()]
        return max(late, default=None)

    def stop(self) -> None:
        """Watch no loop any more: ticks that are under way are the last ones."""
        # Timers are not cancelled: that would have to happen on each loop's own thread.
        self._on = False
        self.watched = {}

    def restart(self) -> None:
        """Forget the parent's loops, which do not run in a forked child."""
        self.watched = {}

    def _arm(self, loop: asyncio.AbstractEventLoop, lag: Lag) -> None:
        # In a context of its own: a copy of the caller's would keep a request's values for good.
        loop.call_later(PERIOD, self._tick, lag, context=Context())

    def _tick(self, lag: Lag) -> None:
        try:
            loop = _running()
            if loop is None or not self._on:
                return
            known = self.watched.get(loop)
            now = self._clock()
            if known is None:
                # It was stopped, forgotten, and runs again: the pause was no lag.
                lag = self.watched[loop] = Lag(now)
            elif known is lag:
                lag.tick(now)
            else:
                # It ran again, and was watched again, before this came due.
                return
            self._arm(loop, lag)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.internal_error("metrics", error)

    def _forget(self) -> None:
        # Listing the keys is one step that no other thread can come between.
        for loop in list(self.watched):
            if not loop.is_running():
                self.watched.pop(loop, None)

    def _read(self) -> list[Observation]:
        self._forget()
        now = self._clock()
        found = [lag.read(now) for lag in list(self.watched.values())]
        return [(max(found), ())] if found else []


def _running() -> asyncio.AbstractEventLoop | None:
    """The asyncio loop that runs this, if one does."""
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
