"""Dependency: what a service calls, declared once: how calls are guarded and counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar, overload

from ninefold.core import require_name, require_one_of, shown
from ninefold.errors import ConfigurationError
from ninefold.resilience import NOTHING, BreakerControl, Passage, Policy

if TYPE_CHECKING:
    from ninefold.resilience import Judges
    from ninefold.telemetry import Measuring

__all__ = ["KINDS", "Dependency"]

P = ParamSpec("P")
R = TypeVar("R")

KINDS: Final = ("http", "rpc", "db", "cache", "messaging", "storage", "other")


class Dependency:
    """Something that a service calls. Made by `service.dependency()`.

    Its calls are guarded by its policy, and recorded under its name: `ninefold.dependency.name` on
    metrics, `service.peer.name` on spans.
    """

    def __init__(
        self,
        name: str,
        *,
        kind: str,
        vendor: str | None = None,
        policy: Policy | None = None,
        measuring: Measuring | None = None,
        judges: Judges | None = None,
        off: bool = False,
    ) -> None:
        require_name("a dependency's name", name)
        require_one_of("kind", kind, KINDS)
        if vendor is not None:
            require_name("vendor", vendor)
        if policy is not None and not isinstance(policy, Policy):
            raise ConfigurationError(
                f"policy must be an nf.Policy, got {shown(policy)}; write policy=nf.Policy(...)"
            )
        if policy is not None and policy.name is not None:
            raise ConfigurationError(
                f"the policy of the dependency {name!r} has its name; leave {policy.name!r} out"
            )
        self._name = name
        self._kind = kind
        self._vendor = vendor
        self._measuring = measuring
        self._judges = judges
        self._off = off
        self._given = policy
        self._policy = self._bound(Policy() if policy is None else policy)

    def _bound(self, policy: Policy) -> Policy:
        return policy.bound(
            self._name, judges=self._judges, measuring=self._measuring, off=self._off
        )

    def __repr__(self) -> str:
        return f"Dependency({self._name!r}, kind={self._kind!r})"

    @property
    def name(self) -> str:
        """What it is called: `ninefold.dependency.name`."""
        return self._name

    @property
    def kind(self) -> str:
        """What it is: `http`, `rpc`, `db`, `cache`, `messaging`, `storage` or `other`."""
        return self._kind

    @property
    def vendor(self) -> str | None:
        """Who provides it, where that is somebody else; for reports on what was agreed."""
        return self._vendor

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
        return self._bound(policy)

    def is_declared_as(self, *, kind: str, vendor: str | None, policy: Policy | None) -> bool:
        """Whether it was declared with these words."""
        return (self._kind, self._vendor) == (kind, vendor) and self._given is policy
