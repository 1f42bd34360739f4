"""The check of a connection pool: whether every connection that it may have is in use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ninefold.errors import ConfigurationError
from ninefold.health._model import Finding
from ninefold.health.checks._fill import Look, look_at_connections, look_by_calling

__all__ = ["connection_pool"]


@dataclass(frozen=True, slots=True)
class ConnectionPool:
    """A pool of connections, by what tells how full it is."""

    look: Look

    def run(self, timeout: float, /) -> Finding:
        """Read its figures; no connection is taken."""
        # Where nobody is known to wait, the last connection in use is saturation already.
        fill = self.look()
        full = fill.limit is not None and fill.used >= fill.limit
        return Finding("degraded" if full else "up", fill.sentence("connections"), pool=full)


def connection_pool(
    pool: object = None,
    *,
    usage: Callable[[], float] | None = None,
    limit: Callable[[], float] | float | None = None,
) -> ConnectionPool:
    """Whether a pool of connections is saturated: the next call would have to wait for one.

    - `pool` is an engine or a pool of SQLAlchemy, a pool of psycopg_pool, or a client or a pool of
      redis-py, synchronous or not.
    - `usage` and `limit` serve for any other instead: functions that tell how many connections are
      in use and how many there may be; the limit may be a number.

    Saturated is degraded, and noted as a pool of our own: the dependency is not to blame. Figures
    are read, and no connection is taken; some are attributes without a promise of their libraries,
    and a pool without a limit is never saturated.

    Raises `ConfigurationError` for a pool that cannot be read, and for both ways at once.

    >>> connection_pool(usage=lambda: 9, limit=10).run(2.0).level
    'up'
    >>> connection_pool(usage=lambda: 10, limit=10).run(2.0).pool
    True
    """
    if pool is None:
        return ConnectionPool(look_by_calling("a connection pool", usage, limit))
    if usage is not None or limit is not None:
        raise ConfigurationError(
            "a connection pool is given itself, or by usage= and limit=, not both"
        )
    look = look_at_connections(pool)
    if look is None:
        # Its repr may hold an address with a password.
        raise ConfigurationError(
            f"a {type(pool).__qualname__} cannot be asked how full it is; pass usage= and limit="
        )
    return ConnectionPool(look)
