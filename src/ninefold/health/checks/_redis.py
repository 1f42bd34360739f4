"""The check of a Redis: whether it answers PING, and whether its client's pool has room."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ninefold.errors import ConfigurationError
from ninefold.health._model import Finding
from ninefold.health.checks._fill import look_at_connections

if TYPE_CHECKING:
    from ninefold.health._model import Check

__all__ = ["redis"]


@dataclass(frozen=True, slots=True)
class Redis:
    """A synchronous client, or its pool alone."""

    client: Any = field(repr=False)

    def run(self, timeout: float, /) -> Finding:
        """Connect as the client does, ask, close, and look at the client's pool."""
        connection = _connection(self.client, timeout, "redis.retry")
        try:
            connection.connect()
            connection.send_command("PING")
            _require_pong(connection.read_response())
        finally:
            connection.disconnect()
        return _room(self.client)


@dataclass(frozen=True, slots=True)
class AsyncRedis:
    """An asynchronous client."""

    client: Any = field(repr=False)

    async def run(self, timeout: float, /) -> Finding:
        """Connect as the client does, ask, close, and look at the client's pool."""
        connection = _connection(self.client, timeout, "redis.asyncio.retry")
        try:
            await connection.connect()
            await connection.send_command("PING")
            _require_pong(await connection.read_response())
        finally:
            await connection.disconnect(nowait=True)
        return _room(self.client)


def redis(client: Any) -> Check:
    """Whether a Redis answers PING.

    `client` is a `redis.Redis`, a `redis.asyncio.Redis`, or an address: `redis://`, `rediss://` or
    `unix://`. Each probe makes a connection of its own, with the client's address, credentials and
    TLS, but without its retries and with the probe's timeout on its socket, and closes it. So a
    client that waits for ever, or retries for long, still gives an answer in time, and the client's
    own connections stay untouched.

    - A Redis that loads its data answers no PING but `LOADING`: `BusyLoadingError`.
    - Where Redis answers and the client's pool has no free connection, it is degraded, and noted as
      a pool of our own: Redis is not to blame.
    - A read-only replica answers PING, and is up: to ask it to write is an operation's matter.
    - Whatever else goes wrong is raised as redis-py raises it. An address is in no repr.

    Raises `ConfigurationError` for what is no client, and for an address that cannot be read.

    >>> redis("redis://:hunter2@cache:6379/0")
    Redis()
    >>> redis("cache:6379")
    Traceback (most recent call last):
    ninefold.errors.ConfigurationError: the address of a Redis must be redis://HOST:PORT/NUMBER, \
rediss://… or unix://PATH; it is not shown here
    """
    if isinstance(client, str):
        client = _client(client)
    pool: Any = getattr(client, "connection_pool", None)
    if not hasattr(pool, "connection_class") or not hasattr(pool, "connection_kwargs"):
        raise ConfigurationError(
            "redis(client) must be a redis.Redis, a redis.asyncio.Redis or an address, got an "
            f"object of type {type(client).__qualname__}; a cluster's nodes are asked one by one"
        )
    kind = AsyncRedis if inspect.iscoroutinefunction(pool.connection_class.connect) else Redis
    return kind(client)


def _client(address: str) -> Any:
    try:
        module = importlib.import_module("redis")
    except ImportError:
        raise ConfigurationError(
            "an address of a Redis needs redis-py: pip install 'ninefold[redis]'"
        ) from None
    try:
        return module.Redis.from_url(address)
    except ValueError:
        # The address holds a password, and the message may repeat it.
        raise ConfigurationError(
            "the address of a Redis must be redis://HOST:PORT/NUMBER, rediss://… or unix://PATH; "
            "it is not shown here"
        ) from None


def _connection(client: Any, timeout: float, retrying: str) -> Any:
    """A connection like the client's, which nobody else has."""
    never = importlib.import_module(retrying).Retry(
        importlib.import_module("redis.backoff").NoBackoff(), 0
    )
    pool = client.connection_pool
    ours = {
        "socket_timeout": timeout,
        "retry": never,
        "retry_on_error": [],
        "retry_on_timeout": False,
    }
    if "path" not in pool.connection_kwargs:  # a socket of the file system knows no such time
        ours["socket_connect_timeout"] = timeout
    return pool.connection_class(**pool.connection_kwargs | ours)


def _require_pong(answer: object) -> None:
    if answer not in (b"PONG", "PONG"):
        raise ValueError("what answered PING is no Redis")


def _room(client: Any) -> Finding:
    look = look_at_connections(client)
    return Finding() if look is None else look().finding("connections")
