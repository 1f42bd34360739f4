"""The service that is set up in this process, if any: one set of global providers, one service."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ninefold.telemetry import restart_after_fork

if TYPE_CHECKING:
    from ninefold.service._service import Service


class Present:
    """Holds the service and the words it was set up with."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.service: Service | None = None
        self.words: tuple[object, ...] = ()

    def restart(self) -> None:
        """Take a lock of its own, as a forked child must."""
        self.lock = threading.RLock()

    def enter(self, service: Service, words: tuple[object, ...]) -> None:
        """Hold `service`. The caller has the lock."""
        self.service, self.words = service, words

    def leave(self, service: Service) -> None:
        """Let go of `service`, if it is the one that is held."""
        with self.lock:
            if self.service is service:
                self.service, self.words = None, ()


present = Present()
restart_after_fork(present)
