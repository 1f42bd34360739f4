"""How full a pool is: threads or connections in use, of how many, and who waits for one."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

from ninefold.core import require_positive, shown
from ninefold.errors import ConfigurationError
from ninefold.health._model import Finding

__all__ = ["Fill", "Look", "look_at_connections", "look_at_threads", "look_by_calling"]


@dataclass(frozen=True, slots=True)
class Fill:
    """`used` of `limit` are in use, None where there is no limit; `waiting` is None if unknown."""

    used: float
    limit: float | None
    waiting: int | None = None

    def is_full(self, max_queue: int = 0) -> bool:
        """Whether none is free, and more than `max_queue` wait where that is known."""
        if self.limit is None or self.used < self.limit:
            return False
        return self.waiting is None or self.waiting > max_queue

    def sentence(self, things: str) -> str:
        """What people are told.

        >>> Fill(40, 40, 7).sentence("threads")
        '40 of 40 threads busy, 7 waiting'
        """
        limit = "any number" if self.limit is None else f"{self.limit:g}"
        waiting = f", {self.waiting} waiting" if self.waiting else ""
        return f"{self.used:g} of {limit} {things} busy{waiting}"

    def finding(self, things: str, max_queue: int = 0) -> Finding:
        """All well, or degraded by a pool of our own."""
        full = self.is_full(max_queue)
        return Finding("degraded" if full else "up", self.sentence(things), pool=full)


Look: TypeAlias = Callable[[], Fill]


def look_by_calling(
    what: str, usage: Callable[[], float] | None, limit: Callable[[], float] | float | None
) -> Look:
    """Ask two functions of the user's; the limit may be a number."""
    if not callable(usage):
        raise ConfigurationError(
            f"usage of {what} must be a function that tells how many are in use, got {shown(usage)}"
        )
    if callable(limit):
        most = limit
    else:
        require_positive(f"limit of {what}", limit)
        number = float(limit or 0)

        def most() -> float:
            return number

    def look() -> Fill:
        ceiling = most()
        return Fill(usage(), None if math.isinf(ceiling) else ceiling)

    return look


def look_at_threads(executor: Any) -> Look | None:
    """Read a standard executor or a limiter of anyio's; None for what is neither."""
    if isinstance(executor, ThreadPoolExecutor):
        pool: Any = executor  # its figures are no part of its type
        return lambda: _executor(pool)
    if hasattr(executor, "borrowed_tokens") and hasattr(executor, "total_tokens"):
        return lambda: _limiter(executor)
    return None


def look_at_connections(pool: Any) -> Look | None:
    """Read a pool of SQLAlchemy, psycopg_pool or redis-py, or what holds one; None for others."""
    if callable(getattr(pool, "get_stats", None)):
        return lambda: _psycopg(pool)
    # An engine that is disposed of, and a client that reconnects, have another pool afterwards.
    for name in ("pool", "connection_pool"):
        held = getattr(pool, name, None)
        if held is not None and look_at_connections(held) is not None:
            return lambda: _fill(getattr(pool, name))
    if callable(getattr(pool, "checkedout", None)) and callable(getattr(pool, "size", None)):
        return lambda: _sqlalchemy(pool)
    if hasattr(pool, "connection_kwargs") and hasattr(pool, "max_connections"):
        return lambda: _redis(pool)
    return None


def _fill(pool: Any) -> Fill:
    look = look_at_connections(pool)
    return Fill(0, None) if look is None else look()


def _executor(executor: Any) -> Fill:
    # The standard library offers no public figures; these attributes are those of 3.9 to 3.14.
    waiting = executor._work_queue.qsize()
    threads = len(executor._threads)
    idle = executor._idle_semaphore._value
    return Fill(max(threads - idle, 0), executor._max_workers, waiting)


def _limiter(limiter: Any) -> Fill:
    total = limiter.total_tokens
    return Fill(
        limiter.borrowed_tokens,
        None if math.isinf(total) else total,
        limiter.statistics().tasks_waiting,
    )


def _sqlalchemy(pool: Any) -> Fill:
    # How far it may overflow is told by no public method; -1 is without limit.
    overflow = getattr(pool, "_max_overflow", -1)
    return Fill(pool.checkedout(), None if overflow < 0 else pool.size() + overflow)


def _psycopg(pool: Any) -> Fill:
    stats = pool.get_stats()
    used = stats.get("pool_size", 0) - stats.get("pool_available", 0)
    limit = stats.get("pool_max")
    # A call that waits for a connection which is being made does not wait for a place.
    return Fill(used, limit, stats.get("requests_waiting", 0))


def _redis(pool: Any) -> Fill:
    places: Any = getattr(pool, "pool", None)
    if hasattr(places, "qsize"):  # BlockingConnectionPool: a queue of free places
        return Fill(pool.max_connections - places.qsize(), pool.max_connections)
    return Fill(len(getattr(pool, "_in_use_connections", ())), pool.max_connections)
