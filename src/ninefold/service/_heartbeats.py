"""Heartbeats: whether this process still serves, told by what serves and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ninefold.config import Settings
    from ninefold.sli.process import EventLoops
    from ninefold.telemetry._workers import Board

__all__ = ["Heartbeats", "Workers"]

OTHERS_WITHIN: Final = 5.0
"""Seconds within which another worker must have told that it serves; it does so every second."""


class Heartbeats:
    """The event loops that requests are served on, and the threads of a WSGI server.

    A loop beats by itself, four times a second. Threads beat whenever one of them takes or ends a
    request, or sends a part of an answer: they are blocked when as many are under way as there are
    threads, and none has beaten for as long as is allowed. How many there are the server tells
    where it has one (`wsgi.multithread`), or the setting `worker_threads`; else nothing is said of
    them, as a few long requests look the same.

    Where a server has several workers, the process that is asked answers for all: it serves as long
    as one of them does. A worker that is blocked by itself is its server's to replace.
    """

    def __init__(
        self,
        settings: Settings,
        loops: EventLoops,
        board: Board,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._allowed = settings.heartbeat_timeout
        self._said = settings.worker_threads
        self._loops = loops
        self._board = board
        self._clock = clock
        self._found: int | None = None
        self._busy: tuple[Callable[[], tuple[int, float]], ...] = ()

    def serve_threads(self, busy: Callable[[], tuple[int, float]], *, single: bool) -> None:
        """Ask `busy` too how many requests are under way, and when one last beat.

        `single` says that the server serves one at a time.
        """
        if busy not in self._busy:
            self._busy = (*self._busy, busy)
        if single:
            self._found = 1

    def beat(self) -> None:
        """Tell the other workers that this one serves, if it does; to be called every second."""
        if self._missed_here() is None:
            self._board.beat()

    def missed(self) -> str | None:
        """Why the service no longer serves here; None where it does."""
        why = self._missed_here()
        if why is not None and self._board.others_beat(within=OTHERS_WITHIN):
            return None
        return why

    def _missed_here(self) -> str | None:
        allowed = self._allowed
        late = self._loops.overdue()
        if late is not None and late > allowed:
            return f"the event loop has been blocked for {late:.0f} s"
        threads = self._said or self._found
        if self._busy and threads is not None:
            told = [busy() for busy in self._busy]
            under_way = sum(number for number, _ in told)
            idle = self._clock() - max(at for _, at in told)
            if under_way >= threads and idle > allowed:
                return f"all {threads} workers have been blocked for {idle:.0f} s"
        return None


class Workers:
    """The other workers of this server, as health sees them."""

    def __init__(self, board: Board, heartbeats: Heartbeats) -> None:
        self.drain = board.drain
        self.is_draining = board.is_draining
        self.start = board.start
        self.is_started = board.is_started
        self.beat = heartbeats.beat
        self.leave = board.leave
        self.serve = partial(board.others_beat, OTHERS_WITHIN)
