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
    """All `limit` calls of the bulkhead `name` are under way, and none ended within the wait.

    >>> str(BulkheadFullError("psp", 50))
    "bulkhead 'psp' is full: 50 calls are under way; shed load, or raise its limit or wait"
    """

    def __init__(self, name: str, limit: int) -> None:
        calls = "1 call is" if limit == 1 else f"{limit} calls are"
        super().__init__(
            f"bulkhead {name!r} is full: {calls} under way; shed load, or raise its limit or wait"
        )
        self.name = name
        self.limit = limit

    def __reduce__(self) -> tuple[type[BulkheadFullError], tuple[str, int]]:
        return (type(self), (self.name, self.limit))


class DeadlineExceededError(RejectedError):
    """The time allowed for a call and everything it calls is used up.

    `name` is what was called, and `seconds` what it was allowed, where these are known.

    >>> str(DeadlineExceededError("psp", 2.0))
    "deadline of 'psp' exceeded: not done within 2 seconds"
    """

    def __init__(self, name: str | None = None, seconds: float | None = None) -> None:
        whose = "deadline" if name is None else f"deadline of {name!r}"
        within = "" if seconds is None else f": not done within {seconds:g} seconds"
        super().__init__(f"{whose} exceeded{within}")
        self.name = name
        self.seconds = seconds

    def __reduce__(
        self,
    ) -> tuple[type[DeadlineExceededError], tuple[str | None, float | None]]:
        return (type(self), (self.name, self.seconds))
