"""Notices that the file of settings has changed: a thread that looks at it every few seconds."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ninefold.telemetry import Faults, restart_after_fork

EVERY: Final = 5.0
"""Seconds between two looks: who has changed a file waits no longer, and a look costs a `stat`."""

REST: Final = 1.0
"""Seconds that a file must have rested: one that is still being written may be read by halves."""

_Identity = tuple[int, int, int, int]


class FileWatch:
    """Calls `changed` when the file at `path` is another, or has other content, or is gone.

    What stands at `path` may be a link whose target is exchanged, as Kubernetes does it. It is
    called once after the start too: the file may have changed since it was read. Nothing runs
    before `start`, and a forked child starts its own.
    """

    def __init__(self, path: Path, changed: Callable[[], None], faults: Faults) -> None:
        self._path = path
        self._changed = changed
        self._faults = faults
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._end = threading.Event()
        self._known: _Identity | str | None = "nothing yet"
        self._seen: _Identity | str | None = "nothing yet"
        restart_after_fork(self)

    def start(self, _: object = None) -> None:
        """Look from now on; a second time, and after `stop`, nothing changes."""
        with self._lock:
            if self._thread is None and not self._end.is_set():
                self._thread = threading.Thread(
                    target=self._run, args=[self._end], name="ninefold-settings", daemon=True
                )
                self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._end.set()

    def restart(self) -> None:
        """Forget the parent's thread, which does not run in a forked child."""
        ended = self._end.is_set()
        self._lock = threading.Lock()
        self._thread = None
        self._end = threading.Event()
        if ended:
            self._end.set()

    def look(self) -> float:
        """Look once, and say after how many seconds to look again."""
        now = self._identity()
        if now == self._known:
            self._seen = now
            return EVERY
        if now != self._seen:
            self._seen = now
            return REST
        self._known = now
        self._changed()
        return EVERY

    def _run(self, end: threading.Event) -> None:
        wait = EVERY
        while not end.wait(wait):
            try:
                wait = self.look()
            except Exception as error:  # noqa: BLE001 - counted; the next look may go well
                self._faults.internal_error("traces", error)
                wait = EVERY

    def _identity(self) -> _Identity | None:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
