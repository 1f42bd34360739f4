"""Breaker: when to stop calling what fails, and when to try again. Decisions and events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TypeAlias

from ninefold.core import require_between, require_count, seconds, shown
from ninefold.errors import ConfigurationError
from ninefold.resilience.fleet import SharedState

__all__ = [
    "CLOSED",
    "FORCED_CLOSED",
    "FORCED_OPEN",
    "HALF_OPEN",
    "IGNORED",
    "OPEN",
    "SHADOW",
    "STATES",
    "Breaker",
    "Decision",
    "Excluded",
    "Permit",
    "Rejected",
    "Transition",
    "Verdict",
]

CLOSED, OPEN, HALF_OPEN = "closed", "open", "half_open"
FORCED_OPEN, FORCED_CLOSED, SHADOW = "forced_open", "forced_closed", "shadow"
STATES = (CLOSED, OPEN, HALF_OPEN, FORCED_OPEN, FORCED_CLOSED, SHADOW)

Excluded: TypeAlias = "type[BaseException] | Callable[[BaseException], bool]"


class Verdict(Enum):
    """What a call says about the dependency."""

    SUCCESS = "success"
    FAILURE = "failure"
    NONE = "none"
    """Given up by its caller: nothing is known, but that it was slow if it was."""


@dataclass(frozen=True, slots=True)
class Transition:
    """The breaker entered a state, at a reading of the monotonic clock, and why."""

    state: str
    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The call must not be made; in `retry_after` seconds one may be."""

    retry_after: float


@dataclass(frozen=True, slots=True, eq=False)
class Permit:
    """Leave to make one call, stamped with the generation that gave it.

    Every state that is entered begins a generation. All calls that are let through in it hold the
    same permit, so one costs nothing.
    """

    state: str


IGNORED = Permit(SHADOW)
"""Held by a call that a breaker in shadow would have rejected; what becomes of it moves nothing."""

Decision: TypeAlias = "Permit | Rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """Stops calls to what fails or is slow, and lets a few pass later to see whether it is back.

    Closed, it counts the calls of a window; once there are `min_calls` of them and the share of
    failures reaches `failure_rate`, or that of slow calls `slow_rate`, it opens. Open, every call
    is rejected with `CircuitOpenError` for `open_for` seconds. Then it is half open: exactly
    `half_open` calls pass, the others are rejected. It opens again, for longer, as soon as the
    share of failed or slow ones is certain to be reached, and closes when all have ended.

    - `window` is in seconds, 30 by default, and moves in tenths: a call counts for at least nine
      tenths of it. `window_calls=100` counts the last hundred calls instead, however old.
    - `min_calls` is 10: below it one failure would be a share that says nothing; far above it a
      breaker of a service with little traffic never opens (resilience4j#1443).
    - `failure_rate` is a share above 0 and at most 1, 0.5 by default; None: slowness alone counts.
    - `slow` is in seconds: a call that takes as long counts as slow, success or not. `slow_rate`
      is the share of slow calls that opens it, 0.8 where `slow` is given.
    - `half_open` is how many calls are let through on probation, 3. One that its caller gave up
      returns its place. Where they have not ended in as long as it was open before, they hang: it
      opens again.
    - `open_for` is in seconds, 5; each time the probes fail it is longer by `open_factor`, up to
      `open_cap` seconds. Closing makes it short again.
    - `excluded` holds exceptions, and functions that are asked about one, that are a proper answer
      of the dependency ("no such card"): they count as successes.
    - `shadow=True` counts and tells, and never rejects: for trying numbers in production.
    - `shared` is an `nf.SharedState`, for opening when enough other instances have.

    Raises `ConfigurationError` for numbers that cannot be meant, and for a breaker that could never
    open.

    >>> Breaker(window=30, min_calls=20, slow=1.0).slow_rate
    0.8
    """

    window: float | timedelta = 30.0
    window_calls: int | None = None
    min_calls: int = 10
    failure_rate: float | None = 0.5
    slow: float | timedelta | None = None
    slow_rate: float | None = None
    half_open: int = 3
    open_for: float | timedelta = 5.0
    open_factor: float = 2.0
    open_cap: float | timedelta = 60.0
    excluded: Excluded | tuple[Excluded, ...] = ()
    shadow: bool = False
    shared: SharedState | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "window", seconds("window", self.window))
        shortest, longest = seconds("open_for", self.open_for), seconds("open_cap", self.open_cap)
        put(self, "open_for", shortest)
        put(self, "open_cap", max(shortest, longest))
        require_count("min_calls", self.min_calls, minimum=1, unit="calls")
        require_count("half_open", self.half_open, minimum=1, unit="calls")
        if self.window_calls is not None:
            require_count("window_calls", self.window_calls, minimum=1, unit="calls")
            if self.window_calls < self.min_calls:
                raise ConfigurationError(
                    f"window_calls must be at least min_calls, {self.min_calls}, or the breaker can"
                    f" never open; got {self.window_calls}"
                )
        if self.failure_rate is not None:
            require_between("failure_rate", self.failure_rate, 0, 1, above=True)
        self._settle_slow()
        require_between("open_factor", self.open_factor, 1, 100)
        put(self, "excluded", _excluded(self.excluded))
        if not isinstance(self.shadow, bool):
            raise ConfigurationError(f"shadow must be True or False, got {shown(self.shadow)}")
        _require_shared(self.shared, shortest)

    def _settle_slow(self) -> None:
        if self.slow is not None:
            object.__setattr__(self, "slow", seconds("slow", self.slow))
            if self.slow_rate is None:
                object.__setattr__(self, "slow_rate", 0.8)
        if self.slow_rate is not None:
            require_between("slow_rate", self.slow_rate, 0, 1, above=True)
            if self.slow is None:
                raise ConfigurationError(
                    f"slow_rate {self.slow_rate:g} says nothing without slow; say from how many"
                    " seconds on a call is slow"
                )
        if self.failure_rate is None and self.slow is None:
            raise ConfigurationError(
                "a breaker with failure_rate=None and no slow can never open; give one of them"
            )


def _require_shared(shared: object, open_for: float) -> None:
    if shared is None:
        return
    if not isinstance(shared, SharedState):
        raise ConfigurationError(
            f"shared must be an nf.SharedState, got {shown(shared)}; write"
            " shared=nf.SharedState(client=redis.Redis(...))"
        )
    interval = seconds("interval", shared.interval)
    if open_for < 2 * interval:
        raise ConfigurationError(
            f"open_for must be at least twice shared.interval, {interval:g} seconds, or the others"
            f" may never hear of it; got {open_for:g}"
        )


def _excluded(given: Excluded | tuple[Excluded, ...]) -> tuple[Excluded, ...]:
    every = given if isinstance(given, tuple) else (given,)
    for one in every:
        if not (issubclass(one, BaseException) if isinstance(one, type) else callable(one)):
            raise ConfigurationError(
                "excluded must hold exception classes or functions of an exception, got"
                f" {shown(one)}"
            )
    return every
