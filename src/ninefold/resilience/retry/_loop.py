"""A retry as a loop: `for attempt in retry: with attempt: ...`, and `async for`."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from ninefold.config import is_resilience_on
from ninefold.core import Runtime
from ninefold.errors import ConfigurationError
from ninefold.resilience.retry._trial import Trial

if TYPE_CHECKING:
    from ninefold.resilience.retry._model import Retry

__all__ = ["AsyncAttempts", "Attempt", "Attempts"]


class Attempt:
    """One attempt, for `with`; `number` counts from 1.

    An exception that is to be tried again ends the block and begins the next attempt; any other,
    and the last one, goes on to the caller.
    """

    __slots__ = ("_attempts", "_result", "number")

    def __init__(self, attempts: _Attempts, number: int) -> None:
        self._attempts = attempts
        self.number = number
        self._result: tuple[object] | None = None

    def __repr__(self) -> str:
        return f"Attempt({self.number})"

    def result(self, result: object) -> None:
        """Say what the attempt came to, for predicates that are asked about results."""
        self._result = (result,)

    def __enter__(self) -> Attempt:
        self._attempts.entered = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        return self._attempts.left(self._result, error)


class _Attempts:
    __slots__ = ("_began", "_over", "_retry", "_runtime", "_trial", "_wait", "entered", "number")

    def __init__(self, retry: Retry) -> None:
        self._retry = retry
        self._runtime = retry.runtime or Runtime()
        self._began = 0.0
        self._trial: Trial | None = None
        self._wait = 0.0
        self._over = False
        self.entered = True
        self.number = 0

    def _pause(self) -> float | None:
        """How long to wait before the next attempt; None where there is none."""
        if self._over:
            return None
        if not self.entered:
            raise ConfigurationError(
                f"attempt {self.number} of the retry was not entered; write `with attempt:` around"
                " what is tried, as the first thing in the loop"
            )
        self.entered = False
        self.number += 1
        if self.number == 1:
            self._began = self._runtime.clock()
        return self._wait

    def left(self, result: tuple[object] | None, error: BaseException | None) -> bool:
        """Whether an attempt that ended so is followed by another."""
        retry = self._retry
        self._over = True
        if error is None:
            if result is None or not retry.failures.is_result(result[0]):
                if retry.tokens is not None:
                    retry.tokens.succeeded()
                return False
            wait = self._asked().returned(result[0])
            if wait is None:
                return False
        else:
            again = self._asked().raised(error) if isinstance(error, Exception) else None
            if again is None:
                return False
            wait = again
        self._wait = wait
        self._over = False
        return error is not None

    def _asked(self) -> Trial:
        if self._trial is None:
            self._trial = Trial(
                self._retry,
                self._runtime,
                self._began,
                tokens=self._retry.tokens,
                off=not is_resilience_on(),
            )
        return self._trial


class Attempts(_Attempts):
    """The attempts of one `for`."""

    __slots__ = ()

    def __iter__(self) -> Attempts:
        return self

    def __next__(self) -> Attempt:
        wait = self._pause()
        if wait is None:
            raise StopIteration
        if self.number > 1:
            self._runtime.sleep(wait)
        return Attempt(self, self.number)


class AsyncAttempts(_Attempts):
    """The attempts of one `async for`."""

    __slots__ = ()

    def __aiter__(self) -> AsyncAttempts:
        return self

    async def __anext__(self) -> Attempt:
        wait = self._pause()
        if wait is None:
            raise StopAsyncIteration
        if self.number > 1:
            await self._runtime.async_sleep(wait)
        return Attempt(self, self.number)
