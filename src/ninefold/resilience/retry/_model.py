"""Retry: which failures are tried again, how often, and after which wait."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, ParamSpec, TypeAlias, TypeVar

from ninefold.core import Runtime, require_count, seconds, shown
from ninefold.errors import ConfigurationError
from ninefold.resilience.backoff import Backoff
from ninefold.resilience.budget import Budget
from ninefold.resilience.retry._predicates import Failures, Predicate

if TYPE_CHECKING:
    from ninefold.resilience.budget import Tokens
    from ninefold.resilience.retry._loop import Attempt

__all__ = ["Again", "GiveUp", "Next", "Retry"]

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Again:
    """Try once more, after `wait` seconds."""

    wait: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The failure stands. `reason` is `attempts`, `budget`, `deadline`, `open` or `nested`."""

    reason: str


Next: TypeAlias = Again | GiveUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Tries again what may go well the next time.

    In a `Policy`, or by itself: as a decorator, as a loop, and by `call`. By itself it has no name,
    and so no metrics.

    - `on` says what is tried again: exception classes, `nf.status(429, 503)`, and functions that
      are asked about the exception that was raised or the result that came. Nothing is by default,
      as most failures come again, so it must be given.
    - `attempts` is how many calls are made at most, 3: the first and two retries.
    - `deadline` is in seconds and bounds everything from the first attempt on: no retry is begun
      that would start after it. None leaves that to the policy and to `nf.deadline`.
    - `backoff` says how long to wait. Where the answer has `Retry-After` (RFC 9110, section 10.2.3)
      the wait is that, but not below the computed one, nor more than 5 seconds above it.
    - `budget` bounds retries by what goes well, so that an outage is not multiplied.
    - `idempotent` says whether repeating is safe. None, the default: yes, but an HTTP request with
      a method that is not (POST, PATCH) is repeated only if its connection was never made.
    - `runtime` brings clock, randomness and waits of your own, for tests.

    A retry that gives up raises the last exception, the caller's own, with a note that says so; or
    returns the last result.

    Raises `ConfigurationError` for what cannot be meant.

    >>> import ninefold as nf
    >>> answers = iter([TimeoutError(), "there"])
    >>> @nf.Retry(on=TimeoutError, runtime=nf.testing.ManualClock().runtime())
    ... def ask():
    ...     answer = next(answers)
    ...     if isinstance(answer, Exception):
    ...         raise answer
    ...     return answer
    >>> ask()
    'there'
    """

    on: Predicate | tuple[Predicate, ...]
    attempts: int = 3
    deadline: float | timedelta | None = None
    backoff: Backoff = field(default_factory=Backoff)
    budget: Budget | None = None
    idempotent: bool | None = None
    runtime: Runtime | None = field(default=None, compare=False, repr=False)
    _failures: Failures = field(init=False, compare=False, repr=False)
    _tokens: Tokens | None = field(init=False, compare=False, repr=False, default=None)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "_failures", Failures("on", self.on))
        if not self._failures.classes and not self._failures.asks_results:
            raise ConfigurationError(
                "on must name at least one failure to try again, as in on=(TimeoutError,)"
            )
        require_count("attempts", self.attempts, minimum=1, unit="attempts")
        if self.deadline is not None:
            put(self, "deadline", seconds("deadline", self.deadline))
        _require_kind("backoff", self.backoff, Backoff)
        if self.budget is not None:
            _require_kind("budget", self.budget, Budget)
            from ninefold.resilience.budget import Tokens
            from ninefold.telemetry import restart_after_fork

            tokens = Tokens(self.budget)
            restart_after_fork(tokens)
            put(self, "_tokens", tokens)
        if self.idempotent is not None and not isinstance(self.idempotent, bool):
            raise ConfigurationError(
                f"idempotent must be True, False or None, got {shown(self.idempotent)}"
            )
        if self.runtime is not None:
            _require_kind("runtime", self.runtime, Runtime)

    @property
    def failures(self) -> Failures:
        """What `on` says, as it is asked."""
        return self._failures

    @property
    def tokens(self) -> Tokens | None:
        """What this object's own calls may spend; a policy's are its dependency's."""
        return self._tokens

    def __call__(self, fn: Callable[P, R]) -> Callable[P, R]:
        """Put the retry around a function or method, async or not.

        Raises `ConfigurationError` for a generator function: what it has yielded cannot be taken
        back.
        """
        from ninefold.resilience.retry._decoration import decorated

        made: Callable[P, R] = decorated(self, fn)
        return made

    def call(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call `fn` with the retry around it; of an async function the result is to be awaited."""
        return self(fn)(*args, **kwargs)

    def __iter__(self) -> Iterator[Attempt]:
        """Attempts, one at a time, each for `with`; the loop ends when one goes well.

        >>> import ninefold as nf
        >>> retry = nf.Retry(on=KeyError, runtime=nf.testing.ManualClock().runtime())
        >>> for attempt in retry:
        ...     with attempt:
        ...         if attempt.number == 1:
        ...             raise KeyError("not yet")
        >>> attempt.number
        2
        """
        from ninefold.resilience.retry._loop import Attempts

        return Attempts(self)

    def __aiter__(self) -> AsyncIterator[Attempt]:
        from ninefold.resilience.retry._loop import AsyncAttempts

        return AsyncAttempts(self)


def _require_kind(name: str, value: object, kind: type) -> None:
    if not isinstance(value, kind):
        raise ConfigurationError(f"{name} must be an nf.{kind.__name__}, got {shown(value)}")
