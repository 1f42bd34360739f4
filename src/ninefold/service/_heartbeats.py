"""Heartbeats: whether this process still serves, told by what serves and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ninefold.config import Settings
    from ninefold.sli.process import EventLoops

__all__ = ["Heartbeats"]


class Heartbeats:
    """The event loops that requests are served on, and the threads of a WSGI server.

    A loop beats by itself, four times a second. Threads beat whenever one of them takes or ends a
    request: they are blocked when as many are under way as there are threads, and none has begun or
    ended for as long as is allowed. How many there are the server tells where it has one
    (`wsgi.multithread`), or the setting `worker_threads`; else nothing is said of them, as a few
    long requests look the same.
    """

    def __init__(
        self, settings: Settings, loops: EventLoops, clock: Callable[[], float] = perf_counter
    ) -> None:
        self._allowed = settings.heartbeat_timeout
        self._said = settings.worker_threads
        self._loops = loops
        self._clock = clock
        self._found: int | None = None
        self._busy: Callable[[], tuple[int, float]] | None = None

    def serve_threads(self, busy: Callable[[], tuple[int, float]], *, single: bool) -> None:
        """Ask `busy` how many requests are under way, and when the last one began or ended.

        `single` says that the server serves one at a time.
        """
        self._busy = busy
        if single:
            self._found = 1

    def missed(self) -> str | None:
        """Why this process no longer serves; None where it does."""
        allowed = self._allowed
        late = self._loops.overdue()
        if late is not None and late > allowed:
            return f"the event loop has been blocked for {late:.0f} s"
        threads = self._said or self._found
        if self._busy is not None and threads is not None:
            under_way, at = self._busy()
            idle = self._clock() - at
            if under_way >= threads and idle > allowed:
                return f"all {threads} workers have been blocked for {idle:.0f} s"
        return None
