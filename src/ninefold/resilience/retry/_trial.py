"""What both drivers and the loop ask after each attempt of one call; made at its first failure."""

from __future__ import annotations

import math
from time import time
from typing import TYPE_CHECKING

from ninefold.resilience.backoff import asked_wait
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

    `until` is the caller's deadline on the monotonic clock; `attempts` stands for the retry's own
    number where that must not count, and `capped` is why; `idempotent` likewise.
    """

    __slots__ = (
        "_began",
        "_capped",
        "_clock",
        "_course",
        "_idempotent",
        "_name",
        "_retry",
        "reason",
    )

    def __init__(
        self,
        retry: Retry,
        runtime: Runtime,
        began: float,
        *,
        tokens: Tokens | None = None,
        until: float = math.inf,
        capped: str | None = None,
        idempotent: bool | None = None,
        name: str = "",
    ) -> None:
        self._retry = retry
        self._clock = runtime.clock
        self._began = began
        self._name = name
        self._capped = capped
        self._idempotent = retry.idempotent if idempotent is None else idempotent
        attempts = None if capped is None else 1
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

    def note(self, error: BaseException | None, reason: str, made: int | None = None) -> None:
        """Write on `error`, if there is one, how often it was tried and why no more."""
        if error is not None and self._retry.attempts > 1:
            times = self.made if made is None else made
            gave_up(error, times, reason, self._clock() - self._began, self._name)

    def _next(self, outcome: object) -> Next | None:
        """What follows; None where a retry is not even thought of."""
        self.reason = None
        if SWITCH.off or not is_repeatable(self._idempotent, outcome):
            return None
        decision = self._course.failed(self._clock(), asked_wait(outcome, time))
        if isinstance(decision, GiveUp):
            if decision.reason == "attempts" and self._capped is not None:
                decision = GiveUp(self._capped)
            self.reason = decision.reason
        return decision
