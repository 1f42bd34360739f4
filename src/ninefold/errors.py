"""Every exception that ninefold raises on purpose.

NinefoldError
├── ConfigurationError (also a ValueError)   said at construction, before traffic
└── RejectedError                            not called, or abandoned at our deadline
    ├── CircuitOpenError                     the breaker is open
    ├── BulkheadFullError                    no room, and none came free in time
    └── DeadlineExceededError                the time allowed is used up
"""

from __future__ import annotations

__all__ = [
    "BulkheadFullError",
    "CircuitOpenError",
    "ConfigurationError",
    "DeadlineExceededError",
    "NinefoldError",
    "RejectedError",
]


class NinefoldError(Exception):
    """The root of every exception that ninefold raises on purpose."""


class ConfigurationError(NinefoldError, ValueError):
    """An argument, a setting or a file says something that cannot be meant.

    Raised while things are set up, never while traffic flows. The message says what is wrong,
    the value, and the remedy.

    >>> try:
    ...     raise ConfigurationError("ratio must be between 0 and 1, got 1.5")
    ... except ValueError as error:
    ...     print(error)
    ratio must be between 0 and 1, got 1.5
    """


class RejectedError(NinefoldError):
    """A call that was not made, or was abandoned at our own deadline."""


class CircuitOpenError(RejectedError):
    """The breaker `name` is open; `retry_after` is in how many seconds a probe may pass.

    >>> str(CircuitOpenError("psp", 2.5))
    "circuit 'psp' is open; retry in 2.5 seconds"
    """

    def __init__(self, name: str, retry_after: float) -> None:
        super().__init__(f"circuit {name!r} is open; retry in {retry_after:g} seconds")
        self.name = name
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[type[CircuitOpenError], tuple[str, float]]:
        return (type(self), (self.name, self.retry_after))


class BulkheadFullError(RejectedError):
    """As many calls as allowed are under way, and none ended within the wait allowed."""


class DeadlineExceededError(RejectedError):
    """The time allowed for a call and everything it calls is used up."""
