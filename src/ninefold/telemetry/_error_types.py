"""`error.type` of an exception: its class, from a set that is bounded per instrument."""

from __future__ import annotations

from typing import Final, final

from ninefold.errors import DeadlineExceededError

__all__ = ["CANCELLED", "OTHER", "TIMEOUT", "ErrorTypes"]

TIMEOUT: Final = "timeout"
CANCELLED: Final = "cancelled"
OTHER: Final = "_OTHER"


@final
class ErrorTypes:
    """Names exceptions for one instrument: at most `limit` classes, every later one is `_OTHER`.

    An expiry of our own deadline is `timeout`. A `BaseException` that is no `Exception` is somebody
    telling the work to stop (asyncio's, trio's or gevent's cancellation, `KeyboardInterrupt`), so
    it is `cancelled`; naming none of them keeps this free of any event loop. Any other is its
    class's qualified name, a client's own timeout included: `httpx.ReadTimeout`.

    Threads that meet new classes at the same moment may pass the limit by as many; no lock is
    worth an exact 50.

    >>> names = ErrorTypes(limit=1)
    >>> names.of(ValueError()), names.of(KeyError()), names.of(ValueError())
    ('ValueError', '_OTHER', 'ValueError')
    """

    __slots__ = ("_limit", "_names")

    def __init__(self, limit: int = 50) -> None:
        self._limit = limit
        self._names: dict[type[BaseException], str] = {}

    def of(self, error: BaseException) -> str:
        """Give the `error.type` of an exception."""
        if not isinstance(error, Exception):
            return CANCELLED
        if isinstance(error, DeadlineExceededError):
            return TIMEOUT
        kind = type(error)
        name = self._names.get(kind)
        if name is not None:
            return name
        if len(self._names) >= self._limit:
            return OTHER
        module = kind.__module__
        name = kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"
        self._names[kind] = name
        return name
