"""deadline: a block that has so many seconds, and so has everything it calls."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from types import TracebackType

from ninefold.core import Expiry, Runtime
from ninefold.core import seconds as as_seconds
from ninefold.errors import DeadlineExceededError
from ninefold.resilience.deadline._scope import Scope, enter, leave


def deadline(seconds: float | timedelta, *, runtime: Runtime | None = None) -> Deadline:
    """Give the block that follows `seconds`, more than 0, for all that it does and calls.

    The time begins when the block is entered. Within an enclosing deadline that is tighter the
    block has no more than that one leaves.

    - `async with` cancels the block when the time is over, and raises `DeadlineExceededError`.
      Somebody else's cancellation passes as it is.
    - `with` interrupts nothing, as no thread can be interrupted from outside: `remaining()` says
      what is left, to be handed on as the timeout of whatever is called.

    Code that yields inside of the block, as a generator does, lends the deadline to whoever
    iterates over it, until the block is left.

    Raises `ConfigurationError` for a length that is not above 0.

    >>> from ninefold.resilience.deadline import remaining
    >>> from ninefold.testing import ManualClock
    >>> clock = ManualClock()
    >>> with deadline(2.0, runtime=clock.runtime()):
    ...     clock.advance(1.25)
    ...     remaining()
    0.75
    """
    return Deadline(as_seconds("deadline", seconds), runtime or Runtime())


class Deadline:
    """What `deadline` returns: a context manager, `with` or `async with`, for one block at a time.

    Raises `RuntimeError` when it is entered again before it was left: make one for each block.
    """

    __slots__ = ("_allowed", "_runtime", "_scope", "_seconds", "_timeout")

    def __init__(self, seconds: float, runtime: Runtime) -> None:
        self._seconds = seconds
        self._runtime = runtime
        self._allowed = seconds
        self._scope: Scope | None = None
        self._timeout: AbstractAsyncContextManager[Expiry] | None = None

    def __repr__(self) -> str:
        return f"Deadline(seconds={self._seconds!r})"

    def __enter__(self) -> None:
        self._open()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    async def __aenter__(self) -> None:
        self._allowed = self._open()
        try:
            self._timeout = self._runtime.timeout(self._allowed)
            await self._timeout.__aenter__()
        except BaseException:
            self._close()
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        timeout, self._timeout = self._timeout, None
        self._close()
        if timeout is None:
            return
        # Whatever the block raised is passed in: what comes out is the timeout's own.
        try:
            await timeout.__aexit__(kind, error, traceback)
        except TimeoutError as over:
            raise DeadlineExceededError(seconds=self._allowed) from over

    def _open(self) -> float:
        if self._scope is not None:
            raise RuntimeError(
                f"this deadline of {self._seconds:g} seconds is entered already; write"
                " `with deadline(...)` for each block"
            )
        clock = self._runtime.clock
        now = clock()
        self._scope = enter(now + self._seconds, clock)
        return min(self._seconds, self._scope.remaining(now))

    def _close(self) -> None:
        scope, self._scope = self._scope, None
        if scope is not None:
            leave(scope)
