"""Decides after each failure whether there is another attempt, and when."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

from ninefold.core import seconds
from ninefold.resilience.backoff import clamped, delay
from ninefold.resilience.retry._model import Again, GiveUp, Next, Retry

if TYPE_CHECKING:
    from ninefold.resilience.budget import Tokens

__all__ = ["Course"]


class Course:
    """One call's way through its attempts; made at its first failure.

    `began` is when the first attempt was, and `until` when the caller's own deadline is, both on
    the monotonic clock.
    """

    __slots__ = ("_attempts", "_previous", "_random", "_retry", "_tokens", "_until", "made")

    def __init__(
        self,
        retry: Retry,
        tokens: Tokens | None,
        chance: random.Random,
        began: float,
        *,
        until: float = math.inf,
        attempts: int | None = None,
    ) -> None:
        self._retry = retry
        self._tokens = tokens
        self._random = chance
        self._attempts = retry.attempts if attempts is None else attempts
        self._previous: float | None = None
        own = math.inf
        if retry.deadline is not None:
            own = began + seconds("deadline", retry.deadline)
        self._until = min(own, until)
        self.made = 1
        """Attempts so far."""

    def failed(self, now: float, asked: float | None) -> Next:
        """What follows a failure that may be tried again; `asked` is its `Retry-After`.

        A retry is charged to the budget here, when it is decided: one that was charged when it is
        made would let any number of calls wait for theirs at once (envoy#30205).
        """
        if self.made >= self._attempts:
            return GiveUp("attempts")
        computed = delay(self._retry.backoff, self.made, self._random, self._previous)
        wait = clamped(computed, asked)
        if now + wait >= self._until:
            return GiveUp("deadline")
        if self._tokens is not None and not self._tokens.ask(now):
            return GiveUp("budget")
        self._previous = computed
        self.made += 1
        return Again(wait)
