"""Faults: what other people's code raised while health asked it, logged and kept from everybody."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from ninefold.health._ending import presentable

__all__ = ["Faults"]

LOG_EVERY: Final = 60.0
"""Seconds between two lines about the same thing: heartbeats are asked with every probe."""

_log = logging.getLogger("ninefold.health")


class Faults:
    """Logs what failed and how, without secrets, each kind once a minute at most."""

    __slots__ = ("_clock", "_lock", "_said")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.restart()

    def restart(self) -> None:
        """Take a lock of its own, as a forked child must."""
        self._lock = threading.RLock()
        self._said: dict[str, float] = {}

    def tell(self, what: str, error: BaseException) -> None:
        """Log that `what`, one of a few words of ours, failed with `error`; never raises."""
        now = self._clock()
        with self._lock:
            said = self._said.get(what)
            if said is not None and 0 <= now - said < LOG_EVERY:
                return
            self._said[what] = now
        try:
            text = presentable(str(error))
        except Exception:  # noqa: BLE001 - a broken __str__ is the application's
            text = ""
        _log.error(
            "health: %s failed with %s%s; said once a minute at most",
            what,
            type(error).__name__,
            f": {text}" if text else "",
        )
