"""SharedState: which instances share a breaker, and how many of them decide. What they see."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol, TypeAlias

from ninefold.core import require_between, require_count, require_name, seconds
from ninefold.errors import ConfigurationError

__all__ = ["Client", "Count", "Decision", "Declare", "SharedState", "Sight", "Stay", "Trip"]

LEAST = 0.01
"""Seconds between two looks, at least: a mistyped interval must not keep Redis busy."""


class Client(Protocol):
    """A `redis.Redis`, as far as it is known here: redis is imported by its user alone."""

    @property
    def connection_pool(self) -> Any:
        """Where and how it connects."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedState:
    """Lets instances of a service hear over Redis that a dependency fails for others.

    Each instance judges by its own calls. One whose breaker opened by its own judgement says so,
    for as long as it is open; once enough of the live ones say so at the same time, the others open
    theirs as well. Each closes again by probes of its own. Breakers of the same name and `prefix`
    share.

    Redis is read and written by one thread in the background, on connections of its own, and never
    by a call. While it does not answer, every instance judges alone, and the log says so.

    - `client` is a `redis.Redis`, or what a Sentinel's `master_for` gives; where it connects to,
      and as whom, is taken from it, and it is left alone. No cluster, no `redis.asyncio`.
    - `quorum` is how many instances must have opened: a number of them, or a share of the live
      ones as a float, of which it is two at least; 0.5 by default. With `quorum=1` one sick
      instance opens the breakers of all.
    - `interval` is in seconds, 1: how often an instance looks, give or take a quarter. `open_for`
      of the breaker must be at least twice as long.
    - `prefix` begins the keys in Redis.
    - `instance` names the instance. By default every process is one; the workers of one machine
      that are given the same name have one vote together.

    Raises `ConfigurationError` for what cannot be meant.

    >>> import ninefold as nf, redis
    >>> shared = nf.SharedState(client=redis.Redis(), quorum=2)
    >>> breaker = nf.Breaker(shared=shared)
    """

    client: Client = field(repr=False)  # older ones show their password
    quorum: int | float = 0.5
    interval: float | timedelta = 1.0
    prefix: str = "ninefold"
    instance: str | None = None

    def __post_init__(self) -> None:
        _require_client(self.client)
        if isinstance(self.quorum, float):
            require_between("quorum", self.quorum, 0, 1, above=True, unit="of the live instances")
        else:
            require_count("quorum", self.quorum, minimum=1, unit="instances")
        interval = seconds("interval", self.interval)
        if interval < LEAST:
            raise ConfigurationError(f"interval must be >= {LEAST:g} seconds, got {interval:g}")
        object.__setattr__(self, "interval", interval)
        require_name("prefix", self.prefix)
        if self.instance is not None:
            require_name("instance", self.instance)


def _require_client(client: object) -> None:
    # Its repr is not shown: it may tell a password.
    kind = f"{type(client).__module__}.{type(client).__qualname__}"
    if inspect.iscoroutinefunction(getattr(client, "execute_command", None)):
        raise ConfigurationError(
            f"client must be a redis.Redis, got a {kind}; breakers share in a thread of their own:"
            " give a redis.Redis also where the application is async"
        )
    pool = getattr(client, "connection_pool", None)
    if not isinstance(getattr(pool, "connection_kwargs", None), Mapping):
        raise ConfigurationError(
            f"client must be a redis.Redis of one server or of a Sentinel, got a {kind}"
        )


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look shows of a fleet; all times are of one clock, which is the store's."""

    now: float
    alive: Mapping[str, float]
    """Until when each instance counts as alive."""
    votes: Mapping[str, float]
    """Until when each one says that its breaker is open by its own judgement."""
    opened_at: float | None
    """When the fleet's verdict was declared, where one stands."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many of the live instances have opened, and how many must have."""

    opened: int
    live: int
    needed: int

    @property
    def is_reached(self) -> bool:
        """Whether there is a quorum."""
        return self.opened >= self.needed


@dataclass(frozen=True, slots=True)
class Stay:
    """Nothing is to be done."""


@dataclass(frozen=True, slots=True)
class Trip:
    """The fleet's verdict is new here: open."""

    reason: str


@dataclass(frozen=True, slots=True)
class Declare:
    """There is a quorum and no verdict yet: open, and tell the fleet."""

    reason: str


Decision: TypeAlias = "Stay | Trip | Declare"
