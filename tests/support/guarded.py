"""Calls that go as a script says, by a function or an async one, on a ManualClock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ninefold.testing import ManualClock


@dataclass(frozen=True)
class Takes:
    """The call takes so many seconds, and then comes to `outcome`."""

    seconds: float
    outcome: Any = "done"


class Script:
    """A dependency: call after call it comes to the next outcome, the last one for ever.

    An exception is raised, anything else returned; `Takes` waits before it.
    """

    def __init__(self, clock: ManualClock, *outcomes: Any) -> None:
        self.clock = clock
        self._outcomes = list(outcomes)
        self.calls = 0
        self.at: list[float] = []

    def _next(self) -> Any:
        self.at.append(self.clock.now())
        outcome = self._outcomes[min(self.calls, len(self._outcomes) - 1)]
        self.calls += 1
        return outcome

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """One call, in a thread."""
        del args, kwargs
        outcome = self._next()
        while isinstance(outcome, Takes):
            self.clock.sleep(outcome.seconds)
            outcome = outcome.outcome
        return _come_to(outcome)

    async def acall(self, *args: Any, **kwargs: Any) -> Any:
        """One call, on an event loop."""
        del args, kwargs
        outcome = self._next()
        while isinstance(outcome, Takes):
            await self.clock.async_sleep(outcome.seconds)
            outcome = outcome.outcome
        return _come_to(outcome)


def _come_to(outcome: Any) -> Any:
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


@dataclass(frozen=True)
class Way:
    """How a guarded call is made: `run` guards a script's function and calls it once."""

    name: str
    is_async: bool

    def guard(self, decorate: Callable[[Any], Any], script: Script) -> Callable[..., Any]:
        """The script's function, guarded, to be called from outside of any event loop."""
        if not self.is_async:
            guarded: Callable[..., Any] = decorate(script.call)
            return guarded
        made = decorate(script.acall)

        def call(*args: Any, **kwargs: Any) -> Any:
            return asyncio.run(made(*args, **kwargs))

        return call

    def run(self, decorate: Callable[[Any], Any], script: Script) -> Any:
        """Guard the script's function, and call it once."""
        return self.guard(decorate, script)()


WAYS = (Way("def", False), Way("async def", True))
