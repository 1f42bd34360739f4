"""Health: what is said of a dependency, what its probes found, and what is judged from that."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, Protocol, TypeAlias, get_args

from ninefold.core import (
    require_between,
    require_count,
    require_name,
    require_one_of,
    seconds,
)
from ninefold.errors import ConfigurationError

__all__ = [
    "LEVELS",
    "Check",
    "Finding",
    "Judged",
    "Level",
    "Note",
    "Outcome",
    "Patience",
    "Place",
    "Probed",
    "Role",
    "Scope",
    "State",
    "Status",
]

Level: TypeAlias = Literal["up", "degraded", "down"]
"""What a check found, or what several of its probes confirmed; the best first."""

State: TypeAlias = Literal["up", "degraded", "down", "unknown", "starting"]
"""How a dependency is: `ninefold.health.state`."""

Status: TypeAlias = Literal["UP", "DEGRADED", "DOWN", "UNKNOWN", "STARTING", "DRAINING"]
"""How the service is, as answers say it."""

Outcome: TypeAlias = Literal["success", "failure", "timeout", "cancelled"]
"""How a probe ended: `ninefold.outcome`. What was cancelled is no evidence."""

Role: TypeAlias = Literal["critical", "optional"]
Scope: TypeAlias = Literal["shared", "local"]

Note: TypeAlias = Literal[
    "suspect",
    "slow",
    "flapping",
    "quorum",
    "pool",
    "stuck",
    "passive",
    "probe-suspect",
    "stale",
    "fail-open",
    "affected",
    "heartbeat",
]
"""A closed set of remarks beside a state, each explained in the documentation."""

LEVELS: Final[tuple[Level, ...]] = get_args(Level)
_ROLES: Final[tuple[Role, ...]] = get_args(Role)
_SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. A check that just returns found all well, and one that raises did not.

    - `level` is `up`, `degraded` or `down`.
    - `detail` is a sentence for people; secrets in it are redacted before anyone sees it.
    - `up` and `of` are how many of how many replicas answered, where a check asks several: a
      dependency's quorum decides.
    - `pool` says that it was our own pool that had no place: that is not the dependency's doing.
    - `cause` is the name of what the dependency itself says is the cause.

    Raises `ConfigurationError` for a level that is none, for what is no text, and for more replicas
    up than there are.

    >>> Finding("degraded", "half of the shards are being rebuilt").level
    'degraded'
    """

    level: Level = "up"
    detail: str = ""
    up: int | None = None
    of: int | None = None
    pool: bool = False
    cause: str | None = None

    def __post_init__(self) -> None:
        require_one_of("a finding's level", self.level, LEVELS)
        for name, value in (("detail", self.detail), ("cause", self.cause or "")):
            # Whoever reads the type alone learns enough: what is given may hold a secret.
            if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # a user's
                raise ConfigurationError(
                    f"a finding's {name} must be text, got a {type(value).__name__}; write str(...)"
                )
        if (self.up is None) != (self.of is None):
            raise ConfigurationError("a finding tells of replicas by both up= and of=, or neither")
        if self.up is not None and self.of is not None:
            require_count("of", self.of, minimum=1)
            require_count("up", self.up)
            if self.up > self.of:
                raise ConfigurationError(f"up must be at most of={self.of}, got {self.up}")


class Check(Protocol):
    """Something that can be asked whether a dependency works."""

    def run(self, timeout: float, /) -> Finding | Awaitable[Finding]:
        """Look, within `timeout` seconds; raise what went wrong, or give what was found.

        A function is run on a thread of its own and cannot be interrupted, so it hands the timeout
        on to the client that it asks. A coroutine is cancelled when the time is over.
        """
        ...


@dataclass(frozen=True, slots=True)
class Probed:
    """One probe that ended: when it began, in monotonic seconds, how long it took, and how.

    `error` is the exception's class (`error.type`). `stuck` says that it has not ended, and that
    its worker is not to be had.
    """

    at: float
    took: float
    outcome: Outcome
    finding: Finding | None = None
    error: str | None = None
    detail: str = ""
    stuck: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often a dependency is probed, and how much it takes to believe what is found.

    - `interval` is in seconds, 10 by default; each wait differs by up to 20 %, so that instances do
      not come at once. A change that is not confirmed is probed again after 1 second.
    - `timeout` is in seconds, 2 by default: a probe that takes longer has failed.
    - `fail_after` probes in a row must fail until it is down, 3; `recover_after` must succeed until
      it is up again, 2.
    - `latency_budget` is in seconds: probes that take longer, and succeed, make it degraded.
    - `quorum` is how many replicas must work, more than half by default.

    A result is stale after three intervals.
    """

    interval: float | timedelta = 10.0
    timeout: float | timedelta = 2.0
    fail_after: int = 3
    recover_after: int = 2
    latency_budget: float | timedelta | None = None
    quorum: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "interval", seconds("interval", self.interval))
        object.__setattr__(self, "timeout", seconds("timeout", self.timeout))
        require_count("fail_after", self.fail_after, minimum=1, unit="probes")
        require_count("recover_after", self.recover_after, minimum=1, unit="probes")
        if self.latency_budget is not None:
            budget = seconds("latency_budget", self.latency_budget)
            object.__setattr__(self, "latency_budget", budget)
            require_between("latency_budget", budget, 0, self.patience, unit="seconds", above=True)
        if self.quorum is not None:
            require_count("quorum", self.quorum, minimum=1, unit="replicas")

    @property
    def patience(self) -> float:
        """The timeout, as the number of seconds that it is once it was checked."""
        return float(self.timeout)  # type: ignore[arg-type]  # made a float above

    @property
    def stale_after(self) -> float:
        """For how many seconds a result holds: three intervals, and a probe under way."""
        return 3 * self.period + self.patience

    @property
    def period(self) -> float:
        """The interval, likewise."""
        return float(self.interval)  # type: ignore[arg-type]  # made a float above


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A dependency's place in what the service needs: who it is, and what its failure means.

    `role` is None where nothing was said: then it is critical, unless another dependency has it
    among its `upstreams`, through which alone it counts.
    """

    name: str
    role: Role | None = None
    scope: Scope = "shared"
    upstreams: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_name("a dependency's name", self.name)
        if self.role is not None:
            require_one_of("role", self.role, _ROLES)
        require_one_of("scope", self.scope, _SCOPES)
        for upstream in self.upstreams:
            require_name("an upstream's name", upstream)
            if upstream == self.name:
                raise ConfigurationError(f"{self.name!r} cannot be upstream of itself")


@dataclass(frozen=True, slots=True)
class Judged:
    """How a dependency is at a moment, and why.

    `reason` is a sentence for people and the log, `cause` what it names as the cause itself.
    """

    state: State
    notes: tuple[Note, ...] = ()
    reason: str = ""
    cause: str | None = None
