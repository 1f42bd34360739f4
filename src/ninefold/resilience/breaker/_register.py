"""Where the state is kept: an inner `pybreaker.CircuitBreaker`, of which `call` is never used.

Its `call` holds a lock while the protected function runs. As a register and notifier it is sound.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from ninefold.resilience.breaker._model import CLOSED, HALF_OPEN, OPEN, Excluded

__all__ = ["Register", "register"]

_log = logging.getLogger("ninefold.resilience")


class Register(Protocol):
    """The part of pybreaker's breaker that the engine uses."""

    @property
    def current_state(self) -> str:
        """The state, as pybreaker spells it."""
        ...

    def open(self) -> object:
        """Enter the open state."""
        ...

    def half_open(self) -> object:
        """Enter the half-open state."""
        ...

    def close(self) -> object:
        """Enter the closed state."""
        ...

    def is_system_error(self, exception: BaseException) -> bool:
        """Whether an exception is a failure, and no proper answer."""
        ...


def register(name: str, excluded: tuple[Excluded, ...]) -> Register:
    """A register in memory, closed."""
    # Imported when the first breaker is made: it imports redis and tornado where they are there.
    import pybreaker

    return pybreaker.CircuitBreaker(
        name=name,
        exclude=[_asked(one) for one in excluded],
        state_storage=pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED),
    )


def state_of(register: Register) -> str:
    """The state in our own spelling."""
    return _STATES[register.current_state]


_STATES = {"closed": CLOSED, "open": OPEN, "half-open": HALF_OPEN}


def _asked(one: Excluded) -> Callable[[BaseException], bool]:
    # pybreaker tells classes by `type(exclusion) is type`, which a class with a metaclass is not.
    if isinstance(one, type):
        kind: type[BaseException] = one
        return lambda error: isinstance(error, kind)
    ask, told = one, False

    def asked(error: BaseException) -> bool:
        nonlocal told
        try:
            return bool(ask(error))
        except Exception as fault:  # noqa: BLE001 - a predicate never reaches the caller
            if not told:
                told = True
                _log.warning(
                    "a predicate in excluded= of a breaker raised %s about a %s, and counts as no"
                    " (said once)",
                    type(fault).__name__,
                    type(error).__name__,
                )
            return False

    return asked
