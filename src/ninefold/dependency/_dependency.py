"""Dependency: what a service calls: how its calls are guarded and counted, and how it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from ninefold.core import require_name, seconds, shown
from ninefold.dependency._declared import Declared
from ninefold.errors import ConfigurationError
from ninefold.health import Calls
from ninefold.resilience import NOTHING, BreakerControl, Passage, Policy, Tally

if TYPE_CHECKING:
    from ninefold.health import Health, Judged
    from ninefold.resilience import Judges
    from ninefold.telemetry import Measuring

__all__ = ["Dependency"]

P = ParamSpec("P")
R = TypeVar("R")

_REFUSING = ("open", "half_open", "forced_open")


class Dependency:
    """Something that a service calls. Made by `service.dependency()`.

    Its calls are guarded by its policy, and recorded under its name: `ninefold.dependency.name` on
    metrics, `service.peer.name` on spans. What they come to is evidence of its health, beside what
    its checks find.
    """

    def __init__(
        self,
        name: str,
        declared: Declared,
        *,
        health: Health | None = None,
        measuring: Measuring | None = None,
        judges: Judges | None = None,
        off: bool = False,
    ) -> None:
        require_name("a dependency's name", name)
        policy = declared.policy
        if policy is not None and policy.name is not None:
            raise ConfigurationError(
                f"the policy of the dependency {name!r} has its name; leave {policy.name!r} out"
            )
        self._name = name
        self._given = declared
        self._declared = declared.overridden(name)
        self._measuring = measuring
        self._judges = judges
        self._off = off
        self._tally = Tally()
        self._has_fallback = False
        self._policy = self._bound(Policy() if policy is None else policy)
        self._health = health
        if health is not None:
            health.declare(
                self._declared.place(name),
                self._declared.patience(),
                self._declared.checks,
                calls=self.calls,
                about=self._declared.about(),
            )

    def _bound(self, policy: Policy) -> Policy:
        return policy.bound(
            self._name,
            judges=self._judges,
            measuring=self._measuring,
            tally=self._tally,
            off=self._off,
        )

    def __repr__(self) -> str:
        return f"Dependency({self._name!r}, kind={self.kind!r})"

    @property
    def name(self) -> str:
        """What it is called: `ninefold.dependency.name`."""
        return self._name

    @property
    def kind(self) -> str:
        """What it is: `http`, `rpc`, `db`, `cache`, `messaging`, `storage` or `other`."""
        return self._declared.kind

    @property
    def vendor(self) -> str | None:
        """Who provides it, where that is somebody else; for reports on what was agreed."""
        return self._declared.vendor

    @property
    def declared(self) -> Declared:
        """All that is said of it, with what the deployment overrides."""
        return self._declared

    @property
    def health(self) -> Judged:
        """How it is now, from its checks and its calls.

        >>> import ninefold as nf
        >>> service = nf.setup("checkout")
        >>> stock = service.dependency("stock-db", kind="db", check=lambda: True)
        >>> stock.health.state
        'starting'
        >>> service.shutdown()
        True
        """
        assert self._health is not None  # made by a service, which has one
        return self._health.states()[self._name]

    def calls(self) -> Calls:
        """What is known of its calls, as evidence of its health."""
        tally, core = self._tally, self._policy.core
        circuit = core.circuit
        if circuit is None:
            return Calls(tally.good, tally.bad, tally.refused)
        return Calls(
            tally.good,
            tally.bad,
            tally.refused,
            is_refusing=circuit.state(core.now()) in _REFUSING,
            open_for=seconds("open_for", circuit.options.open_for),
        )

    @property
    def policy(self) -> Policy:
        """What guards its calls."""
        return self._policy

    @property
    def breaker(self) -> BreakerControl:
        """Its breaker. Raises `ConfigurationError` where its policy has none."""
        return self._policy.breaker

    @overload
    def guard(self, fn: Callable[P, R], /) -> Callable[P, R]: ...

    @overload
    def guard(
        self,
        fn: None = None,
        /,
        *,
        idempotent: bool | None = None,
        fallback: object = NOTHING,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...

    def guard(
        self,
        fn: Any = None,
        /,
        *,
        idempotent: bool | None = None,
        fallback: object = NOTHING,
    ) -> Any:
        """Guard and measure a function or method that calls it, async or not.

        `idempotent` says of this function what `Retry(idempotent=)` says of all:
        `@psp.guard(idempotent=False)` never calls it twice. `fallback` is a value, or a function
        with the same parameters, that answers for this function, in the place of the policy's.

        Raises `ConfigurationError` for a class and for a generator function.

        >>> import ninefold as nf
        >>> service = nf.setup("checkout")
        >>> psp = service.dependency("psp", kind="http", policy=nf.Policy(breaker=nf.Breaker()))
        >>> @psp.guard
        ... def charge(card: str) -> str:
        ...     return f"charged {card}"
        >>> charge("visa")
        'charged visa'
        >>> service.shutdown()
        True
        """
        if fallback is not NOTHING:
            self._has_fallback = True
        if fn is None:
            return self._policy(idempotent=idempotent, fallback=fallback)
        return self._policy(idempotent=idempotent, fallback=fallback)(fn)

    def permit(self) -> Passage:
        """Guard and measure a block: `async with psp.permit() as call:`, or `with`.

        See `Policy.permit`.
        """
        return self._policy.permit()

    def under(self, policy: Policy) -> Policy:
        """The same dependency under another policy: for calls that want other guards.

        It has a breaker, bulkhead and deadline of its own; the retry budget is the dependency's,
        and a retry inside another one of its policies is none.

        Raises `ConfigurationError` for a policy that has a name.

        >>> import ninefold as nf
        >>> service = nf.setup("checkout")
        >>> psp = service.dependency("psp", kind="http")
        >>> quick = psp.under(nf.Policy(deadline=0.2))
        >>> quick.name
        'psp'
        >>> service.shutdown()
        True
        """
        if getattr(policy, "name", "none") is not None:
            raise ConfigurationError(
                f"under() of the dependency {self._name!r} takes an nf.Policy without a name, got"
                f" {shown(policy)}"
            )
        bound = self._bound(policy)
        self._has_fallback = self._has_fallback or bound.parts.fallback is not NOTHING
        return bound

    @property
    def has_fallback(self) -> bool:
        """Whether a fallback is known: of its policy, or of one function or policy beside it.

        What code does by itself, in an `except`, nobody knows.
        """
        return self._has_fallback or self._policy.parts.fallback is not NOTHING

    def is_declared_as(self, declared: Declared) -> bool:
        """Whether it was declared with these words."""
        return self._given == declared
