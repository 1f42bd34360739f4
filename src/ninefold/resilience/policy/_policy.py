"""Policy: everything that guards a call, as one object that decorates functions."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from ninefold.config import Asked, OverrideKind, is_resilience_on
from ninefold.core import Runtime, nearest, require_name, shown
from ninefold.errors import ConfigurationError
from ninefold.resilience.breaker import Breaker
from ninefold.resilience.bulkhead import Bulkhead
from ninefold.resilience.policy._control import BreakerControl
from ninefold.resilience.policy._core import Core
from ninefold.resilience.policy._decoration import decorated
from ninefold.resilience.policy._overrides import asked, overridden
from ninefold.resilience.policy._parts import NOTHING, Fallback, Parts
from ninefold.resilience.policy._permit import Passage
from ninefold.resilience.policy._tally import Tally
from ninefold.resilience.retry import Predicate, Retry

if TYPE_CHECKING:
    from ninefold.resilience.policy._metrics import Judges
    from ninefold.telemetry import Measuring

__all__ = ["Policy", "known_policies"]

P = ParamSpec("P")
R = TypeVar("R")


# Held weakly; who sees to settings wants to know what is said of policies that are not there.
_standing_alone: weakref.WeakValueDictionary[int, Policy] = weakref.WeakValueDictionary()


def known_policies() -> list[Asked]:
    """Of the policies that stand alone in this process, what can be overridden of each."""
    # In one step of C: a policy that is made meanwhile does not disturb it.
    living = [made() for made in _standing_alone.valuerefs()]
    return [asked("policy", each.core.name) for each in living if each is not None]


class Policy:
    """Guards calls of one dependency: by any of its parts, in one order, for `def` and `async def`.

    From the outside in: fallback > deadline > retry > breaker > bulkhead > attempt timeout. So a
    fallback answers whatever happened, the deadline bounds all attempts together, every attempt is
    judged by the breaker, and what hangs is ended and counts as a failure.

    - `name` is `ninefold.dependency.name` on metrics. A policy of a dependency has its name; one
      that stands alone must be given one.
    - `fallback` is a value, or a function with the guarded one's parameters (and `error`, if it
      has one of that name), whose answer is the call's.
    - `deadline` and `attempt_timeout` are in seconds. An async attempt is cancelled when its time
      is over, which is the shorter of its own and what is left of the deadline, the caller's
      included; then it raises `DeadlineExceededError`. A thread is never interrupted: it is told
      its time by `nf.remaining()`, for the client that it calls.
    - `retry`, `breaker`, `bulkhead`: an `nf.Retry`, `nf.Breaker`, `nf.Bulkhead`.
    - `fail_on` says which results are failures, as `nf.status(500, 503)` does; what `retry` tries
      again is one in any case. `excluded` says which exceptions are none, but a proper answer ("no
      such card"): they are not tried again, no fallback answers for them, and they count as
      successes.
    - `runtime` brings clock, randomness and waits of your own, for tests.

    Every number can be overridden by name in the environment and in `ninefold.toml`, and
    `NINEFOLD_RESILIENCE=off` makes every policy a plain call.

    Raises `ConfigurationError` for what cannot be meant.

    >>> import ninefold as nf
    >>> policy = nf.Policy("search", fallback=(), breaker=nf.Breaker(min_calls=5))
    >>> @policy
    ... def search(query: str) -> tuple[str, ...]:
    ...     raise TimeoutError(query)
    >>> search("pens")
    ()
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        fallback: object = NOTHING,
        deadline: float | timedelta | None = None,
        retry: Retry | None = None,
        breaker: Breaker | None = None,
        bulkhead: Bulkhead | None = None,
        attempt_timeout: float | timedelta | None = None,
        fail_on: Predicate | tuple[Predicate, ...] = (),
        excluded: Predicate | tuple[Predicate, ...] = (),
        runtime: Runtime | None = None,
    ) -> None:
        if name is not None:
            require_name("a policy's name", name)
        if runtime is not None and not isinstance(runtime, Runtime):
            raise ConfigurationError(
                f"runtime must be an nf.Runtime, got {shown(runtime)}; in tests write"
                " nf.testing.ManualClock().runtime()"
            )
        self._name = name
        self._parts = Parts(
            fallback=fallback,
            deadline=deadline,
            retry=retry,
            breaker=breaker,
            bulkhead=bulkhead,
            attempt_timeout=attempt_timeout,
            fail_on=fail_on,
            excluded=excluded,
        )
        self._runtime = runtime or (retry.runtime if retry is not None else None) or Runtime()
        self._kind: OverrideKind = "policy"
        self._core: Core | None = None
        if name is not None:
            _standing_alone[id(self)] = self
            self._core = Core(
                name,
                overridden(self._parts, self._kind, name),
                self._runtime,
                off=not is_resilience_on(),
            )

    def __repr__(self) -> str:
        given = (
            f"{field.name}={getattr(self._parts, field.name)!r}"
            for field in fields(self._parts)
            # Not by `!=`: a fallback may be an array, whose answer to that is no bool.
            if getattr(self._parts, field.name) is not field.default
        )
        return f"Policy({', '.join([repr(self._name), *given])})"

    @property
    def name(self) -> str | None:
        """The name on metrics; None for a policy that was made for a dependency to take."""
        return self._name

    @property
    def parts(self) -> Parts:
        """What the policy is made of at present, overrides included."""
        return self._parts if self._core is None else self._core.parts

    @property
    def core(self) -> Core:
        """What runs it. Raises `ConfigurationError` for a policy without a name."""
        if self._core is None:
            raise ConfigurationError(
                "a policy that stands alone must have a name: write nf.Policy('search', ...), or"
                " give it to service.dependency(name, policy=...)"
            )
        return self._core

    def bound(
        self,
        name: str,
        *,
        judges: Judges | None = None,
        measuring: Measuring | None = None,
        tally: Tally | None = None,
        off: bool = False,
    ) -> Policy:
        """The same policy under a dependency's name, with engines of its own.

        `tally` counts what calls come to, beside the telemetry; `off` makes its calls plain ones.
        Raises `ConfigurationError` for an override that cannot be meant.
        """
        made = Policy.__new__(Policy)
        made._name, made._parts, made._runtime = name, self._parts, self._runtime
        made._kind = "dependency"
        made._core = Core(
            name,
            overridden(self._parts, made._kind, name),
            self._runtime,
            judges=judges,
            measuring=measuring,
            tally=tally,
            off=off,
        )
        return made

    @property
    def breaker(self) -> BreakerControl:
        """The breaker. Raises `ConfigurationError` where the policy has none."""
        circuit = self.core.circuit
        if circuit is None:
            raise ConfigurationError(
                f"the policy {self._name!r} has no breaker; give it one, breaker=nf.Breaker()"
            )
        return BreakerControl(self.core, circuit)

    @overload
    def __call__(self, fn: Callable[P, R], /) -> Callable[P, R]: ...

    @overload
    def __call__(
        self,
        fn: None = None,
        /,
        *,
        idempotent: bool | None = None,
        fallback: object = NOTHING,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...

    def __call__(
        self,
        fn: Any = None,
        /,
        *,
        idempotent: bool | None = None,
        fallback: object = NOTHING,
    ) -> Any:
        """Guard a function or method, async or not; its signature stays.

        `idempotent` says of this function what `Retry(idempotent=)` says of all:
        `@policy(idempotent=False)` never calls it twice. `fallback` answers for this function, in
        the place of the policy's.

        Raises `ConfigurationError` for a class and for a generator function, and for a policy
        without a name.
        """
        core = self.core
        if fn is None:
            return partial(decorated, core=core, idempotent=idempotent, fallback=fallback)
        return decorated(fn, core, idempotent, fallback)

    def call(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call `fn` under the policy; of an async function the result is to be awaited.

        >>> import ninefold as nf
        >>> nf.Policy("search", deadline=1.0).call(len, "pens")
        4
        """
        guarded: Callable[P, R] = decorated(fn, self.core, once=True)
        return guarded(*args, **kwargs)

    def permit(self) -> Passage:
        """Guard a block: `with policy.permit() as call:`, or `async with`.

        For code that is not one function. It is not retried, and has no fallback; `call.fail()`
        says that it failed though it raises nothing.

        >>> import ninefold as nf
        >>> with nf.Policy("search", breaker=nf.Breaker()).permit() as call:
        ...     call.fail()
        """
        return Passage(self.core)

    def reload(self, **parts: Any) -> None:
        """Put other parts in place of the ones named, all at once, from the next call on.

        Calls under way end as they began. The state stays: an open breaker is open, tokens are
        spent, places are taken. None takes a part out; for a fallback it is what is answered.

        What the environment or a file overrides stays overridden: the deployment decides. Raises
        `ConfigurationError` for a part that there is none of, or that cannot be meant; then nothing
        has changed.

        >>> import ninefold as nf
        >>> policy = nf.Policy("search", breaker=nf.Breaker())
        >>> policy.reload(breaker=nf.Breaker(failure_rate=0.3), deadline=2.0)
        """
        known = [field.name for field in fields(Parts)]
        for name in parts:
            if name not in known:
                near = nearest(name, known)
                hint = f"did you mean {near!r}?" if near else f"there are {', '.join(known)}"
                raise ConfigurationError(f"a policy has no part {name!r}; {hint}")
        changed = replace(self._parts, **parts)
        core = self.core
        answers = None if changed.fallback is NOTHING else Fallback(changed.fallback)
        if core.answers_threads and answers is not None and answers.is_async:
            raise ConfigurationError(
                f"the fallback of {core.name!r} must not be async, as it answers for functions that"
                " are not; give a function or a value"
            )
        core.take(overridden(changed, self._kind, core.name))
        self._parts = changed
