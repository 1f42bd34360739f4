"""The check of a database behind an engine of SQLAlchemy, synchronous or asynchronous."""

from __future__ import annotations

import importlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ninefold.core import shown
from ninefold.errors import ConfigurationError
from ninefold.health._model import Finding
from ninefold.health.checks._cut import Cut
from ninefold.health.checks._fill import look_at_connections

if TYPE_CHECKING:
    from ninefold.health._model import Check

__all__ = ["sqlalchemy"]

_BEFORE_THE_END = 0.9


@dataclass(frozen=True, slots=True)
class Engine:
    """A synchronous engine and what it is asked."""

    engine: Any = field(repr=False)
    statement: Any

    def run(self, timeout: float, /) -> Finding:
        """Take a connection, ask, and give it back."""
        end = time.monotonic() + timeout
        full = _full(self.engine)
        if full is not None:
            return full
        try:
            with self.engine.connect() as connection:
                raw = connection.connection.driver_connection
                try:
                    with Cut(raw, end - time.monotonic()):
                        _rows(_ask(connection, self.statement))
                        connection.rollback()
                except TimeoutError:
                    connection.invalidate()
                    raise
        except _no_place() as error:
            return Finding("degraded", str(error), pool=True)
        return Finding()


@dataclass(frozen=True, slots=True)
class AsyncEngine:
    """An asynchronous engine and what it is asked."""

    engine: Any = field(repr=False)
    statement: Any

    async def run(self, timeout: float, /) -> Finding:
        """Take a connection, ask, and give it back."""
        end = time.monotonic() + timeout
        full = _full(self.engine)
        if full is not None:
            return full
        try:
            async with self.engine.connect() as connection:
                raw = (await connection.get_raw_connection()).driver_connection
                # Just before the time is over: psycopg, cancelled, waits ten more seconds.
                try:
                    with Cut(raw, (end - time.monotonic()) * _BEFORE_THE_END):
                        _rows(await _ask(connection, self.statement))
                        await connection.rollback()
                except TimeoutError:
                    await connection.invalidate()
                    raise
        except _no_place() as error:
            return Finding("degraded", str(error), pool=True)
        return Finding()


def sqlalchemy(engine: Any, statement: Any = "SELECT 1") -> Check:
    """Whether the database behind an `Engine` or an `AsyncEngine` answers.

    It takes a connection of the engine's own pool, so that what is asked is what the application
    uses, runs `statement`, text for the driver or a construct of SQLAlchemy's, and gives the
    connection back with its transaction rolled back; one that broke is discarded.

    - A pool without a free place is degraded at once, and noted as a pool of our own. Nothing waits
      for a place, and the database, of which nothing was learnt, is not blamed.
    - A connection that is silent, of a driver whose connections have a `fileno()` as those of
      psycopg, is cut when the timeout is over: `TimeoutError`. How long a new one may take to come
      about is for the engine to say (`connect_args={"connect_timeout": 2}`).
    - Whatever else goes wrong is raised as SQLAlchemy raises it.

    Raises `ConfigurationError` for what is no engine.

    >>> import sqlalchemy as sa
    >>> engine = sa.create_engine("sqlite://")
    >>> sqlalchemy(engine).run(2.0).level
    'up'
    >>> engine.dispose()
    """
    if not callable(getattr(engine, "connect", None)) or not hasattr(engine, "dialect"):
        # The repr of what was meant to be an address holds its password.
        raise ConfigurationError(
            "sqlalchemy(engine) must be an Engine or an AsyncEngine, got an object of type "
            f"{type(engine).__qualname__}; make one by create_engine(...)"
        )
    if isinstance(statement, str):
        if not statement.strip():
            raise ConfigurationError("statement must be text that the database runs, got ''")
    elif not hasattr(statement, "compile"):
        raise ConfigurationError(
            f"statement must be text or a construct of SQLAlchemy's, got {shown(statement)}"
        )
    kind = AsyncEngine if hasattr(engine, "sync_engine") else Engine
    return kind(engine, statement)


def _full(engine: Any) -> Finding | None:
    """What is found where the pool has no place left; None where it has, or does not tell."""
    look = look_at_connections(engine.pool)
    if look is None:
        return None
    finding = look().finding("connections")
    return finding if finding.pool else None


def _ask(connection: Any, statement: Any) -> Any:
    if isinstance(statement, str):
        return connection.exec_driver_sql(statement)
    return connection.execute(statement)


def _rows(result: Any) -> None:
    """Read the answer to its end, so that none is left on the connection."""
    if result.returns_rows:
        result.fetchall()


def _no_place() -> type[Exception]:
    kind: type[Exception] = importlib.import_module("sqlalchemy.exc").TimeoutError
    return kind
