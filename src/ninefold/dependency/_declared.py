"""Declared: the words in which a dependency is declared, checked once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any, Final, Literal, TypeAlias, get_args

from ninefold.config import choice, count, duration, overrides
from ninefold.core import require_count, require_name, require_one_of, seconds, shown
from ninefold.errors import ConfigurationError
from ninefold.health import Check, Patience, Place, Role, Scope, checks_of
from ninefold.resilience import Policy

__all__ = ["KINDS", "OWN_FIELDS", "Declared", "Kind"]

Kind: TypeAlias = Literal["http", "rpc", "db", "cache", "messaging", "storage", "other"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

OWN_FIELDS: Final = {
    "interval": duration,
    "timeout": duration,
    "fail_after": count(1, "probes"),
    "recover_after": count(1, "probes"),
    "latency_budget": duration,
    "quorum": count(1, "replicas"),
    "role": choice("critical", "optional"),
    "scope": choice("shared", "local"),
}
"""What a deployment may override of a dependency, beside its policy, with each one's reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """All that is said of a dependency; `service.dependency` tells what each means.

    Raises `ConfigurationError` for what cannot be meant.
    """

    kind: Kind
    vendor: str | None = None
    policy: Policy | None = None
    check: object = field(default=None, repr=False)  # a client's, or a function's, may hold secrets
    role: Role | None = None
    scope: Scope = "shared"
    upstreams: Iterable[str] = ()
    replicas: int | None = None
    quorum: int | None = None
    interval: float | timedelta = 10.0
    timeout: float | timedelta = 2.0
    fail_after: int = 3
    recover_after: int = 2
    latency_budget: float | timedelta | None = None
    owner: str | None = None
    runbook: str | None = None
    redundancy: str | None = None
    rto: float | timedelta | None = None
    rpo: float | timedelta | None = None
    checks: tuple[Check, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        require_one_of("kind", self.kind, KINDS)
        for name in ("vendor", "owner", "runbook", "redundancy"):
            value = getattr(self, name)
            if value is not None:
                require_name(name, value)
        if self.policy is not None and not isinstance(self.policy, Policy):
            raise ConfigurationError(
                f"policy must be an nf.Policy, got {shown(self.policy)}; write"
                " policy=nf.Policy(...)"
            )
        if isinstance(self.upstreams, str) or not isinstance(self.upstreams, Iterable):
            raise ConfigurationError(
                f"upstreams must be a list of names, got {shown(self.upstreams)}; write"
                " upstreams=['postgres']"
            )
        object.__setattr__(self, "upstreams", tuple(self.upstreams))
        if isinstance(self.check, list):
            # Compared, and kept: the list is the caller's, who may change it.
            object.__setattr__(self, "check", tuple(self.check))
        for name in ("rto", "rpo"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, seconds(name, value, zero=True))
        object.__setattr__(self, "checks", checks_of(self.check))
        self._check_replicas()
        self.patience()
        self.place("dependency")

    def _check_replicas(self) -> None:
        if self.replicas is not None:
            require_count("replicas", self.replicas, minimum=1)
        several = len(self.checks) if len(self.checks) > 1 else None
        if several is not None and self.replicas not in (None, several):
            raise ConfigurationError(
                f"replicas must be {several}, as that many checks are given, got {self.replicas};"
                " leave it out, or give one check that tells of all by Finding(up=, of=)"
            )
        there = self.replicas if several is None else several
        if self.quorum is not None and there is not None and self.quorum > there:
            raise ConfigurationError(
                f"quorum must be at most the number of replicas, {there}, got {self.quorum}"
            )

    def place(self, name: str) -> Place:
        """What its failure means to the service."""
        return Place(name=name, role=self.role, scope=self.scope, upstreams=tuple(self.upstreams))

    def patience(self) -> Patience:
        """How often it is probed, and what it takes to believe what is found."""
        return Patience(
            interval=self.interval,
            timeout=self.timeout,
            fail_after=self.fail_after,
            recover_after=self.recover_after,
            latency_budget=self.latency_budget,
            quorum=self.quorum,
        )

    def about(self) -> Mapping[str, str]:
        """What people are told of it, by the names that answers use."""
        told: dict[str, Any] = {
            "componentType": self.kind,
            "vendor": self.vendor,
            "owner": self.owner,
            "runbook": self.runbook,
            "redundancy": self.redundancy,
            "replicas": self.replicas,
            "rto": self.rto,
            "rpo": self.rpo,
        }
        return {
            key: f"{value:g} s" if isinstance(value, float) else str(value)
            for key, value in told.items()
            if value is not None
        }

    def overridden(self, name: str) -> Declared:
        """The same, as the deployment wants it. Raises `ConfigurationError`."""
        found = overrides("dependency", name, OWN_FIELDS, own=True)
        if not found:
            return self
        words: dict[str, Any] = {
            each.name: getattr(self, each.name) for each in fields(self) if each.init
        }
        words.update((key, one.value) for key, one in found.items())
        try:
            return Declared(**words)
        except ConfigurationError as error:
            places = ", ".join(sorted({one.origin.name for one in found.values()}))
            raise ConfigurationError(
                f"{error} (the dependency {name!r} is overridden by {places})"
            ) from None
