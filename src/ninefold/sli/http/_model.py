"""How an HTTP exchange ended, as the driver that called the application saw it."""

from __future__ import annotations

import enum

from ninefold.errors import DeadlineExceededError

__all__ = ["Ending", "ending_of"]


class Ending(enum.Enum):
    """How the call into the application came back. What was sent by then is told apart from it."""

    RETURNED = "returned"
    """It returned, whether or not it had sent a whole response."""

    RAISED = "raised"
    """An `Exception` came out of it."""

    EXPIRED = "expired"
    """Our own deadline came out of it: `ninefold.DeadlineExceededError`."""

    CANCELLED = "cancelled"
    """Any other order to stop: a cancellation, a generator closed early, the process ending."""


def ending_of(error: BaseException | None) -> Ending:
    """Classify what came out of the application; None means that it returned.

    A `BaseException` that is no `Exception` is somebody telling the work to stop: the cancellation
    of asyncio, trio or gevent, `GeneratorExit`, `KeyboardInterrupt`, `SystemExit`. Naming none of
    them keeps this free of any event loop. A group is an expiry when nothing else is in it.

    >>> ending_of(ValueError("no such cart"))
    <Ending.RAISED: 'raised'>
    >>> ending_of(KeyboardInterrupt())
    <Ending.CANCELLED: 'cancelled'>
    """
    if error is None:
        return Ending.RETURNED
    if isinstance(error, DeadlineExceededError):
        return Ending.EXPIRED
    if not isinstance(error, Exception):
        return Ending.CANCELLED
    if isinstance(error, ExceptionGroup) and error.split(DeadlineExceededError)[1] is None:
        return Ending.EXPIRED
    return Ending.RAISED
