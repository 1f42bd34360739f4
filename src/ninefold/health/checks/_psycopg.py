"""The check of a PostgreSQL by psycopg 3: an address, a pool, or a function that connects."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ninefold.errors import ConfigurationError
from ninefold.health._model import Finding
from ninefold.health.checks._cut import Cut
from ninefold.health.checks._fill import look_at_connections

if TYPE_CHECKING:
    from ninefold.health._model import Check

__all__ = ["psycopg"]

_STATEMENT = "SELECT 1"
# What of the timeout may pass in waiting for a pool, before it is asked who is to blame.
_POOLS_SHARE = 0.5
# A coroutine is cancelled when its time is over, and psycopg, cancelled, waits ten more seconds for
# the server. So its socket ends just before.
_BEFORE_THE_END = 0.9
_BROKEN = "the pool gave a connection that was broken; it has no check="


@dataclass(frozen=True, slots=True)
class Address:
    """A server by its address, which nobody is shown."""

    conninfo: str = field(repr=False)
    options: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)

    def run(self, timeout: float, /) -> Finding:
        """Connect, ask, and close, in a loop of its own: only there can connecting be cut short."""
        # psycopg refuses the loop that is usual on Windows.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            return runner.run(self.ask(timeout))

    async def ask(self, timeout: float) -> Finding:
        """Do so in the loop that runs this."""
        end = time.monotonic() + timeout
        connect = importlib.import_module("psycopg").AsyncConnection.connect
        try:
            async with asyncio.timeout(timeout):
                connection = await connect(self.conninfo, **self.options | {"autocommit": True})
        except TimeoutError:
            raise TimeoutError(f"no connection within {timeout:.3g} seconds") from None
        try:
            await _ask_async(connection, end - time.monotonic())
        finally:
            await connection.close()
        return Finding()


@dataclass(frozen=True, slots=True)
class Connecting:
    """A function that gives a connection, or what gives one when it is entered."""

    connect: Callable[[], Any] = field(repr=False)

    def run(self, timeout: float, /) -> Finding:
        """Take a connection, ask, and leave it."""
        end = time.monotonic() + timeout
        try:
            with self.connect() as connection:
                _ask(connection, end - time.monotonic())
        except _pool_timeouts() as error:
            return Finding("degraded", str(error), pool=True)
        return Finding()


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool of psycopg_pool."""

    pool: Any = field(repr=False)

    def run(self, timeout: float, /) -> Finding:
        """Take a connection, ask, and give it back; past the pool where it has no place."""
        end = time.monotonic() + timeout
        said = _full(self.pool)
        if not said:
            try:
                with self.pool.connection(timeout=timeout * _POOLS_SHARE) as connection:
                    _ask(connection, end - time.monotonic())
            except _pool_timeouts() as error:
                said = str(error)
            except _broken():
                if self.pool.closed:
                    raise
                said = _BROKEN
            else:
                return Finding()
        Address(*_past(self.pool)).run(end - time.monotonic())
        return Finding("degraded", said, pool=True)


@dataclass(frozen=True, slots=True)
class AsyncPool:
    """An asynchronous pool of psycopg_pool."""

    pool: Any = field(repr=False)

    async def run(self, timeout: float, /) -> Finding:
        """Take a connection, ask, and give it back; past the pool where it has no place."""
        end = time.monotonic() + timeout
        said = _full(self.pool)
        if not said:
            try:
                async with self.pool.connection(timeout=timeout * _POOLS_SHARE) as connection:
                    await _ask_async(connection, (end - time.monotonic()) * _BEFORE_THE_END)
            except _pool_timeouts() as error:
                said = str(error)
            except _broken():
                if self.pool.closed:
                    raise
                said = _BROKEN
            else:
                return Finding()
        conninfo, options = [
            await each if inspect.isawaitable(each) else each for each in _past(self.pool)
        ]
        await Address(conninfo, options).ask((end - time.monotonic()) * _BEFORE_THE_END)
        return Finding("degraded", said, pool=True)


def psycopg(server: Any) -> Check:
    """Whether a PostgreSQL answers `SELECT 1`, by psycopg 3.

    `server` is one of these:

    - an address, as a URL or as `host=… dbname=…`. Each probe opens a connection of its own and
      closes it; both it and the answer end with the timeout. The address is in no message and no
      repr.
    - a `ConnectionPool` or an `AsyncConnectionPool`. A connection of the pool is asked and given
      back. Where the pool has no place, or does not find one within half of the timeout, or gives
      a connection that broke before, one past the pool tells who is to blame: if the server
      answers, it is degraded, and noted as a pool of our own; if not, that error is raised.
    - a function without arguments that gives a connection, or something that is entered for one
      as `pool.connection` does. It is closed, or given back, when the probe ends. How long it takes
      to come about is the function's to bound (`connect_timeout=2`).

    A server that falls silent is cut off at the timeout: `TimeoutError`. Whatever else goes wrong
    is raised as psycopg raises it.

    Raises `ConfigurationError` for none of these, and for an address that cannot be read.

    >>> psycopg("postgresql://shop:hunter2@db/shop")
    Address()
    >>> psycopg("postgresql//shop:hunter2@db")
    Traceback (most recent call last):
    ninefold.errors.ConfigurationError: the address of a PostgreSQL must be a URL, \
postgresql://USER@HOST/NAME, or KEY=VALUE pairs that libpq knows; it is not shown here
    """
    if isinstance(server, str):
        _require_readable(server)
        return Address(server)
    if callable(getattr(server, "getconn", None)):
        return (AsyncPool if inspect.iscoroutinefunction(server.getconn) else Pool)(server)
    if inspect.iscoroutinefunction(server):
        raise ConfigurationError(
            "psycopg(server) asks a function that is not async; pass an address or a pool instead"
        )
    if not callable(server):
        raise ConfigurationError(
            "psycopg(server) must be an address, a pool or a function that gives a connection, got "
            f"an object of type {type(server).__qualname__}"
        )
    return Connecting(server)


def _ask(connection: Any, seconds: float) -> None:
    try:
        with Cut(connection, seconds):
            connection.execute(_STATEMENT).fetchall()
    except TimeoutError:
        connection.close()
        raise


async def _ask_async(connection: Any, seconds: float) -> None:
    try:
        with Cut(connection, seconds):
            await (await connection.execute(_STATEMENT)).fetchall()
    except TimeoutError:
        await connection.close()
        raise


def _require_readable(conninfo: str) -> None:
    try:
        driver = importlib.import_module("psycopg")
    except ImportError:
        raise ConfigurationError(
            "an address of a PostgreSQL needs psycopg 3: pip install 'psycopg[binary]'"
        ) from None
    try:
        driver.conninfo.conninfo_to_dict(conninfo)
    except driver.Error:
        # libpq's own message repeats the address.
        raise ConfigurationError(
            "the address of a PostgreSQL must be a URL, postgresql://USER@HOST/NAME, or KEY=VALUE "
            "pairs that libpq knows; it is not shown here"
        ) from None


def _full(pool: Any) -> str:
    """What is said of a pool for which others wait already, or nothing."""
    look = look_at_connections(pool)
    fill = None if look is None else look()
    return fill.sentence("connections") if fill is not None and fill.is_full() else ""


def _past(pool: Any) -> list[Any]:
    """The pool's address and options; each may be a function, since psycopg_pool 3.3."""
    return [
        each() if callable(each) else each or empty
        for each, empty in ((pool.conninfo, ""), (pool.kwargs, {}))
    ]


def _broken() -> type[Exception]:
    kind: type[Exception] = importlib.import_module("psycopg").OperationalError
    return kind


def _pool_timeouts() -> tuple[type[Exception], ...]:
    """The exception of a pool without a place; none where psycopg_pool was never imported."""
    module = sys.modules.get("psycopg_pool")
    return () if module is None else (module.PoolTimeout, module.TooManyRequests)
