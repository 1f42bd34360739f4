"""What a forked child starts anew, kept in one place because fork hooks cannot be taken back."""

from __future__ import annotations

import logging
import os
import weakref
from typing import Protocol

_log = logging.getLogger("ninefold.telemetry")


class Restartable(Protocol):
    """Something that a forked child starts anew."""

    def restart(self) -> None:
        """Begin again; runs in the child before any other of its code, on its only thread."""


class _Watch:
    """The process's fork hook: installed once, holding what it restarts weakly."""

    def __init__(self) -> None:
        self._watched: weakref.WeakSet[Restartable] = weakref.WeakSet()
        self._installed = False

    def add(self, thing: Restartable) -> None:
        self._watched.add(thing)
        if not self._installed and hasattr(os, "register_at_fork"):
            self._installed = True
            os.register_at_fork(after_in_child=self._restart, after_in_parent=self._tell_the_parent)

    def _tell_the_parent(self) -> None:
        for thing in list(self._watched):
            forked = getattr(thing, "forked", None)
            if forked is not None:
                try:
                    forked()
                except Exception:  # noqa: BLE001 - logged; the fork was the application's
                    _log.exception("%s did not take note of a fork", type(thing).__name__)

    def _restart(self) -> None:
        for thing in list(self._watched):
            try:
                thing.restart()
            except Exception:  # noqa: BLE001 - logged; the rest of the child must go on
                # The others must begin again all the same: their locks may be held for ever.
                _log.exception("%s could not begin again in a forked child", type(thing).__name__)


# The one mutable thing at module level: a fork hook is the process's, and stays for its life.
_watch = _Watch()


def restart_after_fork(thing: Restartable) -> None:
    """Have `thing.restart()` called in every child that is forked while it lives."""
    _watch.add(thing)
