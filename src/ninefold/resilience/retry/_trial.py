"""What both drivers and the loop ask after each attempt of one call; made at its first failure."""

from __future__ import annotations

import math
from collections.abc import Callable
from time import time
from typing import TYPE_CHECKING

from ninefold.resilience.backoff import asked_wait
from ninefold.resilience.deadline import remaining
from ninefold.resilience.retry._engine import Course
from ninefold.resilience.retry._model import Again, GiveUp, Next, Retry
from ninefold.resilience.retry._note import gave_up
from ninefold.resilience.retry._repeatable import is_repeatable
from ninefold.resilience.retry._switch import SWITCH

if TYPE_CHECKING:
    from ninefold.core import Runtime
    from ninefold.resilience.budget import Tokens

__all__ = ["Trial"]


class Trial:
    """How one call goes on after a failure. `reason` says why it does not, where it was thought of.

    The caller's deadline holds. `capped` says why the retry's own number of attempts must not
    count, and is one; `idempotent` stands for what the retry says of that. `may_repeat` says
    whether an outcome may be followed by another attempt, by what was said of that.
    """

    __slots__ = (
        "_began",
        "_capped",
        "_clock",
        "_course",
        "_idempotent",
        "_may_repeat",
        "_name",
        "_off",
        "_retry",
        "_tokens",
        "reason",
    )

    def __init__(
        self,
        retry: Retry,
        runtime: Runtime,
        began: float,
        *,
        tokens: Tokens | None = None,
        capped: str | None = None,
        idempotent: bool | None = None,
        name: str = "",
        off: bool = False,
        may_repeat: Callable[[bool | None, object], bool] | None = None,
    ) -> None:
        self._retry = retry
        self._tokens = tokens
        self._clock = runtime.clock
        self._began = began
        self._name = name
        self._off = off
        self._capped = capped
        self._may_repeat = may_repeat or is_repeatable
        self._idempotent = retry.idempotent if idempotent is None else idempotent
        attempts = None if capped is None else 1
        left = remaining()
        until = math.inf if left is None else runtime.clock() + left
        self._course = Course(retry, tokens, runtime.random, began, until=until, attempts=attempts)
        self.reason: str | None = None

    @property
    def made(self) -> int:
        """Attempts so far."""
        return self._course.made

    def raised(self, error: Exception) -> float | None:
        """In how many seconds to try again after `error`; None where it goes on, with a note."""
        if not self._retry.failures.is_error(error):
            self.reason = None
            return None
        match self._next(error):
            case Again(wait):
                return wait
            case GiveUp(reason):
                self.note(error, reason)
                return None
            case None:
                return None

    def returned(self, result: object) -> float | None:
        """In how many seconds to try again after a result that is a failure; None to hand it on."""
        decision = self._next(result)
        return decision.wait if isinstance(decision, Again) else None

    def take_back(self) -> None:
        """Give back what a retry cost that was granted and is not made."""
        if self._tokens is not None:
            self._tokens.give_back()

    def note(self, error: BaseException | None, reason: str, made: int | None = None) -> None:
        """Write on `error`, if there is one, how often it was tried and why no more.

        `made` is the number of attempts, where the next one was granted and is not made.
        """
        if error is not None and self._retry.attempts > 1:
            gave_up(error, made or self.made, reason, self._clock() - self._began, self._name)

    def _next(self, outcome: object) -> Next | None:
        """What follows; None where a retry is not even thought of."""
        self.reason = None
        if self._off or SWITCH.off or not self._may_repeat(self._idempotent, outcome):
            return None
        decision = self._course.failed(self._clock(), asked_wait(outcome, time))
        if isinstance(decision, GiveUp):
            if decision.reason == "attempts" and self._capped is not None:
                decision = GiveUp(self._capped)
            self.reason = decision.reason
        return decision
