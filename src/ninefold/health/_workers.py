"""The threads that checks run on: as many as run at once, shared, and never waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import Context
from queue import Empty, SimpleQueue
from typing import Final, TypeAlias

Job: TypeAlias = Callable[[], Callable[[], None]]
"""Something to run; what it gives is called once its thread is free again. Neither raises."""

IDLE: Final = 60.0
"""Seconds after which a thread without work ends."""


class Workers:
    """Runs each job on a thread of its own, one that is idle if there is one.

    The threads are daemons: an interpreter that ends does not wait for a check that hangs.
    """

    def __init__(self, idle: float = IDLE) -> None:
        self._idle_for = idle
        self._lock = threading.Lock()
        self._idle: list[SimpleQueue[Job | None]] = []
        self._ended = False

    def run(self, job: Job) -> None:
        """Have it run, in a context of its own. Raises `RuntimeError` where no thread is to be had.

        The thread that was idle last is taken, so that those too many come to their end.
        """
        with self._lock:
            inbox = self._idle.pop() if self._idle else None
        if inbox is not None:
            inbox.put(job)
            return
        inbox = SimpleQueue()
        inbox.put(job)
        threading.Thread(
            target=self._work, args=(inbox,), name="ninefold-check", daemon=True
        ).start()

    def end(self) -> None:
        """Have idle threads end now, and the others when their job has."""
        with self._lock:
            self._ended = True
            idle, self._idle = self._idle, []
        for inbox in idle:
            inbox.put(None)

    def _work(self, inbox: SimpleQueue[Job | None]) -> None:
        while (job := self._next(inbox)) is not None:
            done = Context().run(job)
            with self._lock:
                if not self._ended:
                    self._idle.append(inbox)
                else:
                    inbox.put(None)
            # Only now, so that whoever hears of the end and goes on finds this thread idle.
            done()
            del job, done  # what they hold is not held until the next ones

    def _next(self, inbox: SimpleQueue[Job | None]) -> Job | None:
        try:
            return inbox.get(timeout=self._idle_for)
        except Empty:
            with self._lock:
                if inbox in self._idle:
                    self._idle.remove(inbox)
                    return None
        # Taken for a job in this very moment: it is on its way.
        return inbox.get()
