"""What a deployment says of one policy, by its name, in the place of what code says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from ninefold.config import (
    Asked,
    Override,
    OverrideKind,
    boolean,
    choice,
    count,
    duration,
    overrides,
    share,
    wait,
)
from ninefold.errors import ConfigurationError
from ninefold.resilience.breaker import Breaker
from ninefold.resilience.budget import Budget
from ninefold.resilience.bulkhead import Bulkhead
from ninefold.resilience.policy._parts import Parts
from ninefold.resilience.retry import Retry

__all__ = ["FIELDS", "asked", "overridden"]

T = TypeVar("T")


def _number(name: str, value: object) -> float:
    """A number of either sign; the part that it belongs to says which ones make sense."""
    try:
        return float(value)  # type: ignore[arg-type]  # what is none raises
    except (TypeError, ValueError):
        raise ConfigurationError(f"{name} must be a number, got {value!r}") from None


FIELDS: Final[Mapping[str, Callable[[str, object], object]]] = {
    "deadline": duration,
    "attempt_timeout": duration,
    "retry.attempts": count(1, "attempts"),
    "retry.deadline": duration,
    "retry.idempotent": boolean,
    "retry.backoff.base": duration,
    "retry.backoff.cap": duration,
    "retry.backoff.factor": _number,
    "retry.backoff.jitter": choice("full", "equal", "decorrelated", "none"),
    "retry.budget.ratio": share,
    "retry.budget.floor": _number,
    "retry.budget.burst": _number,
    "breaker.window": duration,
    "breaker.window_calls": count(1, "calls"),
    "breaker.min_calls": count(1, "calls"),
    "breaker.failure_rate": share,
    "breaker.slow": duration,
    "breaker.slow_rate": share,
    "breaker.half_open": count(1, "calls"),
    "breaker.open_for": duration,
    "breaker.open_factor": _number,
    "breaker.open_cap": duration,
    "breaker.shadow": boolean,
    "bulkhead.limit": count(1, "calls"),
    "bulkhead.wait": wait,
}
"""Every number of a policy, by the key under which it is overridden, with its reader."""


def asked(kind: OverrideKind, name: str, own: Iterable[str] = ()) -> Asked:
    """What of this policy can be overridden, for telling what is said of nobody.

    `own` is what else there is to a dependency that it belongs to.
    """
    return Asked(kind, name, FIELDS, own)


def overridden(parts: Parts, kind: OverrideKind, name: str) -> Parts:
    """`parts` as the deployment wants them. Raises `ConfigurationError`."""
    found = overrides(kind, name, FIELDS)
    if not found:
        return parts
    said = {key: one.value for key, one in found.items()}
    changes: dict[str, Any] = _of(said, "")
    try:
        changes.update(_changed_parts(parts, said))
        return replace(parts, **changes)
    except ConfigurationError as error:
        raise ConfigurationError(f"{error} ({_places(kind, name, found)})") from None


def _changed_parts(parts: Parts, said: Mapping[str, object]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    retry = _changed_retry(parts.retry, said)
    if retry is not parts.retry:
        changes["retry"] = retry
    breaker = _of(said, "breaker.")
    if breaker:
        changes["breaker"] = _changed(parts.breaker, Breaker, breaker)
    bulkhead = _of(said, "bulkhead.")
    if bulkhead:
        if parts.bulkhead is None and "limit" not in bulkhead:
            raise ConfigurationError(
                "there is no bulkhead in code whose wait could be overridden; say its limit as well"
            )
        changes["bulkhead"] = _changed(parts.bulkhead, Bulkhead, bulkhead)
    return changes


def _changed_retry(retry: Retry | None, said: Mapping[str, object]) -> Retry | None:
    own = _of(said, "retry.")
    backoff, budget = _of(said, "retry.backoff."), _of(said, "retry.budget.")
    if not (own or backoff or budget):
        return retry
    if retry is None:
        raise ConfigurationError(
            "there is no retry in code to override: which failures to try again, on=…, can only be"
            " said there"
        )
    if backoff:
        own["backoff"] = replace(retry.backoff, **backoff)
    if budget:
        own["budget"] = _changed(retry.budget, Budget, budget)
    return replace(retry, **own)


def _of(said: Mapping[str, object], inside: str) -> dict[str, Any]:
    """The fields right inside of a part, by their own names."""
    return {
        key.removeprefix(inside): value
        for key, value in said.items()
        if key.startswith(inside) and "." not in key.removeprefix(inside)
    }


def _changed(part: T | None, make: Callable[..., T], fields: Mapping[str, Any]) -> T:
    """A part with other numbers; one that code leaves out is made of them and of defaults."""
    if part is None:
        return make(**fields)
    changed: T = replace(part, **fields)  # type: ignore[type-var]  # every part is a dataclass
    return changed


def _places(kind: str, name: str, found: Mapping[str, Override]) -> str:
    said = ", ".join(sorted({one.origin.name for one in found.values()}))
    return f"the {kind} {name!r} is overridden by {said}"
