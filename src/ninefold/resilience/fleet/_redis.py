"""What a fleet knows of its breakers, in Redis: who is alive, who has opened, and the verdict.

The verdict is kept by pybreaker's storage. The clock is Redis's own, so that those of the instances
need not agree.
"""

from __future__ import annotations

import logging
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

from ninefold.resilience.fleet._model import Client, SharedState, Sight

if TYPE_CHECKING:
    from pybreaker import CircuitRedisStorage

__all__ = ["Store"]

TIMEOUT: Final = 1.0
"""Seconds that Redis may take to connect, and to answer."""

KEPT: Final = 86_400
"""Seconds after which a fleet that is gone leaves nothing in Redis."""

# What belongs to one connection pool, and must not be handed to another.
_OF_THE_POOL: Final = ("cache", "connection_pool", "event_", "himport", "maint", "orig_", "oss_")


class Store:
    """The Redis of one `SharedState`, for one thread. Raises what the client raises."""

    def __init__(self, shared: SharedState) -> None:
        self._given = shared.client
        self._made: Any = None
        self._prefix = shared.prefix
        self._storages: dict[str, CircuitRedisStorage] = {}

    @property
    def _client(self) -> Any:
        if self._made is None:
            self._made = _own(self._given)
        return self._made

    def close(self) -> None:
        """Let go of the connections."""
        if self._made is not None:
            self._made.connection_pool.disconnect()

    def now(self) -> float:
        """Redis's own clock, in seconds."""
        whole, millionths = self._client.time()
        return int(whole) + int(millionths) / 1e6

    def exchange(
        self,
        name: str,
        instance: str,
        *,
        now: float,
        life: float,
        opened: float | None,
        withdraw: bool,
        open_for: float,
    ) -> Sight:
        """Tell of this instance, and read what the others told.

        It counts as alive for `life` seconds, and as open by its own judgement for `opened`, if
        any; `withdraw` takes back that it is. A verdict stands for `open_for` seconds.
        """
        alive, votes = f"{self._key(name)}:alive", f"{self._key(name)}:votes"
        pipe = self._client.pipeline(transaction=False)
        pipe.zadd(alive, {instance: now + life})
        if opened is not None:
            pipe.zadd(votes, {instance: now + opened})
        elif withdraw:
            pipe.zrem(votes, instance)
        for key in (alive, votes):
            pipe.zremrangebyscore(key, "-inf", now)
            pipe.expire(key, KEPT)
            pipe.zrange(key, 0, -1, withscores=True)
        answers = pipe.execute()
        return Sight(
            now=now,
            alive=_read(answers[-4]),
            votes=_read(answers[-1]),
            opened_at=self._verdict(name, now, open_for),
        )

    def declare(self, name: str, now: float, open_for: float) -> None:
        """Keep the verdict that the fleet's breaker is open, for `open_for` seconds."""
        storage = self._storage(name)
        # In this order: a verdict without its time is none.
        storage.opened_at = datetime.fromtimestamp(math.floor(now), UTC)
        storage.state = "open"
        pipe = self._client.pipeline(transaction=False)
        for key in ("opened_at", "state"):
            pipe.pexpire(storage._namespace(key), math.ceil(open_for * 1000))
        pipe.execute()

    def _verdict(self, name: str, now: float, open_for: float) -> float | None:
        storage = self._storage(name)
        if storage.state != "open":
            return None
        opened_at = storage.opened_at
        # One that is older was written by an instance that ended before it could limit its life.
        if opened_at is None or now - opened_at.timestamp() >= open_for + 1:
            return None
        return opened_at.timestamp()

    def _storage(self, name: str) -> CircuitRedisStorage:
        found = self._storages.get(name)
        if found is None:
            import pybreaker

            found = pybreaker.CircuitRedisStorage(
                pybreaker.STATE_CLOSED, self._client, namespace=self._key(name)
            )
            found.logger = _Raising("pybreaker")
            self._storages[name] = found
        return found

    def _key(self, name: str) -> str:
        return f"{self._prefix}:breaker:{name}"


class _Raising(logging.Logger):
    """In place of the storage's logger, which it tells of errors of Redis instead of raising them.

    It would log each one with its traceback, at every look, and answer as if nothing were wrong.
    """

    def exception(self, msg: object, *args: object, **kwargs: Any) -> NoReturn:
        """Raise the exception that is being handled."""
        del msg, args, kwargs
        raise


def _own(client: Client) -> Any:
    """A client like the user's, with connections of its own, short timeouts and no retries.

    Bytes, and not text, are what pybreaker wants.
    """
    pool = client.connection_pool
    given = {
        key: value
        for key, value in pool.connection_kwargs.items()
        if not key.startswith(_OF_THE_POOL)
    }
    for timeout in ("socket_timeout", "socket_connect_timeout"):
        given[timeout] = min(given.get(timeout) or TIMEOUT, TIMEOUT)
    given |= {
        "decode_responses": False,
        "health_check_interval": 0,
        "protocol": 2,
        "retry": None,
        "retry_on_error": [],
        "retry_on_timeout": False,
    }
    sentinel = getattr(pool, "sentinel_manager", None)
    if sentinel is not None:
        return sentinel.master_for(pool.service_name, **given)
    # The user's own class of client: redis is not imported here.
    own: Any = type(client)
    return own(connection_pool=type(pool)(connection_class=pool.connection_class, **given))


def _read(answer: list[tuple[bytes, float]]) -> dict[str, float]:
    return {name.decode(errors="replace"): until for name, until in answer}
