"""Who is watched, and the one thread of each process that has them probed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ninefold.core import Runtime, kind_of_call
from ninefold.health._driver import Driver
from ninefold.health._probing import Target, Watched
from ninefold.telemetry import restart_after_fork
from ninefold.telemetry._threads import are_patched

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

__all__ = ["Scheduler", "Watched"]

PATCHED: Final = (
    "gevent has replaced this process's threads, so no check is run, and what has one is unknown:"
    " serve with threads (gunicorn -k gthread)"
)

STOPPING: Final = 1.0
"""Seconds that `stop` waits for what is being told at that moment."""


def _no_loop() -> AbstractEventLoop | None:
    return None


def _no_tick(now: float, /) -> None:
    return None


class Scheduler:
    """Has checks probed from `start` to `stop`, at most one probe of each at a time.

    - `loop` gives the application's event loop at a moment, on which coroutines are run then;
      without one they run on a loop of ours.
    - `tick` is called about once a second, from the thread that also tells of results.
    - `faults` takes what these, or somebody watched, raise.

    A forked child starts anew, when `start` is called there. Under gevent's threads, which checks
    would block all together, nothing is probed, and `faults` is told so.
    """

    def __init__(
        self,
        *,
        loop: Callable[[], AbstractEventLoop | None] = _no_loop,
        tick: Callable[[float], None] = _no_tick,
        faults: Callable[[BaseException], None],
        runtime: Runtime | None = None,
    ) -> None:
        self._loop = loop
        self._tick = tick
        self._faults = faults
        self._runtime = runtime or Runtime()
        # Of a kind that a signal's handler, which stops the service, may take again.
        self._lock = threading.RLock()
        self._targets: dict[int, Target] = {}
        self._driver: Driver | None = None
        self._pid = os.getpid()
        self._stopped = False
        self._parents: list[Driver] = []
        restart_after_fork(self)

    @property
    def is_alive(self) -> bool:
        """Whether this process's thread is at work."""
        driver = self._driver
        return driver is not None and driver.is_alive

    def add(self, watched: Watched) -> None:
        """Probe it from now on, once started; one that is watched already stays as it is."""
        target = Target(watched, kind_of_call(watched.check.run) == "coroutine")
        with self._lock:
            if id(watched) in self._targets:
                return
            self._targets[id(watched)] = target
            if self._driver is not None:
                self._driver.add(target)

    def remove(self, watched: Watched) -> None:
        """Probe it no more; of a probe that is under way nothing is told."""
        with self._lock:
            target = self._targets.pop(id(watched), None)
            if target is not None and self._driver is not None:
                self._driver.remove(target)

    def start(self) -> None:
        """Begin, unless this process has begun or ended already; never raises."""
        begun = self._driver
        if begun is not None:
            return
        if are_patched():
            self._faults(RuntimeError(PATCHED))
            return
        try:
            with self._lock:
                if self._driver is None and not self._stopped:
                    driver = Driver(
                        list(self._targets.values()),
                        loop=self._loop,
                        tick=self._tick,
                        faults=self._faults,
                        runtime=self._runtime,
                    )
                    driver.start()
                    self._driver = driver
        except RuntimeError as error:  # no thread is to be had: a later start may have one
            self._faults(error)

    def stop(self) -> None:
        """End, for good, within about a second; what hangs is left behind, and never heard of."""
        with self._lock:
            self._stopped = True
            driver = self._driver
        if driver is not None:
            driver.end(STOPPING)

    def restart(self) -> None:
        """Forget, in a forked child, the parent's threads, and what is under way on them."""
        pid = os.getpid()
        if pid != self._pid:
            self._pid = pid
            self._lock = threading.RLock()
            driver, self._driver = self._driver, None
            if driver is not None:
                # Kept: what waits on its event loop would complain of being forgotten.
                self._parents.append(driver)
