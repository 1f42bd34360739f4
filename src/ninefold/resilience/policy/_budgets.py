"""One budget per dependency: all its policies spend from the same tokens."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable
from typing import Final

from ninefold.resilience.budget import Budget, Tokens
from ninefold.telemetry import restart_after_fork

__all__ = ["BUDGETS", "Budgets"]

_log = logging.getLogger("ninefold.resilience")


class Budgets:
    """The tokens of each dependency, as long as one of its policies lives.

    Told apart by the clock as well: tokens on a test's own clock are nobody else's.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._tokens: weakref.WeakValueDictionary[tuple[str, Callable[[], float]], Tokens] = (
            weakref.WeakValueDictionary()
        )
        restart_after_fork(self)

    def restart(self) -> None:
        """Take a lock of its own, as a forked child must."""
        self._lock = threading.RLock()

    def of(self, name: str, clock: Callable[[], float], budget: Budget) -> Tokens:
        """The tokens of a dependency; those there are already keep their numbers."""
        with self._lock:
            found = self._tokens.get((name, clock))
            if found is None:
                found = self._tokens[name, clock] = Tokens(budget)
                return found
        if found.budget != budget:
            _log.warning(
                "%r has two retry budgets, %r and %r; its policies share the first one, as the"
                " dependency bears all their retries",
                name,
                found.budget,
                budget,
            )
        return found


# Of the process, as one dependency's policies may be made in any module.
BUDGETS: Final = Budgets()
