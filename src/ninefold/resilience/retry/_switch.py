"""Retries off, for a test: `nf.testing.no_retries()`."""

from __future__ import annotations

import threading

__all__ = ["SWITCH", "Switch"]


class Switch:
    """How many blocks of tests want no retries at present; asked only after a failure."""

    __slots__ = ("_lock", "off")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.off = 0

    def add(self, by: int) -> None:
        """One block more, or one fewer."""
        with self._lock:
            self.off += by


# Of the process, as the code under test may run in any thread.
SWITCH = Switch()
