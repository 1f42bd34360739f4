"""The checks of databases, Redis and Celery, as far as they need no server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ninefold.errors import ConfigurationError
from ninefold.health.checks import celery, psycopg, redis, sqlalchemy

SECRET = "hunter2"


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """A port where every command of every connection gets the same answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    while connection.recv(4096):
                        connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (psycopg, f"postgresql//shop:{SECRET}@db"),
        (psycopg, f"host=db password={SECRET} nonsense"),
        (redis, f"http://:{SECRET}@cache"),
        (redis, f"redis://:{SECRET}@cache:port"),
        (sqlalchemy, f"postgresql://shop:{SECRET}@db"),
        (celery, f"amqp://shop:{SECRET}@broker"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_and_not_shown(
    make: Callable[[Any], object], wrong: str
) -> None:
    """Neither in the message nor in what caused it: a log shows both."""
    pytest.importorskip("psycopg")
    with pytest.raises(ConfigurationError) as raised:
        make(wrong)
    assert SECRET not in str(raised.value)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


@pytest.mark.parametrize("make", [psycopg, redis, sqlalchemy, celery])
@pytest.mark.parametrize("wrong", [None, 3, object()])
def test_what_is_no_client_is_refused(make: Callable[[Any], object], wrong: object) -> None:
    """With what it is instead."""
    with pytest.raises(ConfigurationError, match=f"{type(wrong).__qualname__}|got None"):
        make(wrong)


def test_no_repr_shows_an_address() -> None:
    """A check is logged and shown in tracebacks like any object."""
    pytest.importorskip("psycopg")
    assert SECRET not in repr(psycopg(f"postgresql://shop:{SECRET}@db/shop"))
    assert SECRET not in repr(redis(f"redis://:{SECRET}@cache"))


def test_a_function_that_is_async_is_refused_with_what_to_pass_instead() -> None:
    """Psycopg's asynchronous connections come by an address or a pool."""

    async def connect() -> None: ...

    with pytest.raises(ConfigurationError, match="an address or a pool"):
        psycopg(connect)


def test_fewer_workers_than_one_are_refused() -> None:
    """A check that cannot fail is none."""
    library = pytest.importorskip("celery")
    with pytest.raises(ConfigurationError, match="workers must be"):
        celery(library.Celery("shop", broker="memory://"), workers=0)


@pytest.mark.parametrize("statement", ["", "  ", 3, None])
def test_a_statement_that_is_none_is_refused(statement: object) -> None:
    """At construction."""
    sa = pytest.importorskip("sqlalchemy")
    with pytest.raises(ConfigurationError, match="statement must be"):
        sqlalchemy(sa.create_engine("sqlite://"), statement)


def test_text_and_constructs_are_both_run_and_errors_are_sqlalchemys() -> None:
    """A colon in text is the driver's matter; what fails keeps its class."""
    sa = pytest.importorskip("sqlalchemy")
    engine = sa.create_engine("sqlite://")
    assert sqlalchemy(engine, "SELECT ':not_a_parameter'").run(1.0).level == "up"
    assert sqlalchemy(engine, sa.select(1)).run(1.0).level == "up"
    with pytest.raises(sa.exc.OperationalError, match="no such table"):
        sqlalchemy(engine, "SELECT * FROM missing").run(1.0)
    engine.dispose()


@pytest.mark.parametrize("statement", ["INSERT INTO seen VALUES (1)", "SELECT * FROM missing"])
def test_no_transaction_and_no_connection_is_left_behind(statement: str) -> None:
    """What was asked is rolled back, whether it succeeded or not."""
    sa = pytest.importorskip("sqlalchemy")
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.QueuePool, pool_size=1, max_overflow=0)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE seen (number INTEGER)")
    try:
        sqlalchemy(engine, statement).run(1.0)
    except sa.exc.OperationalError:
        assert "missing" in statement
    assert engine.pool.checkedout() == 0
    with engine.connect() as connection:
        assert not connection.connection.driver_connection.in_transaction
        assert connection.exec_driver_sql("SELECT count(*) FROM seen").scalar() == 0
    engine.dispose()


def test_a_full_pool_answers_at_once_and_is_our_own() -> None:
    """The pool's own patience, half a minute, is not waited for, nor is the database blamed."""
    sa = pytest.importorskip("sqlalchemy")
    engine = sa.create_engine(
        "sqlite://", poolclass=sa.pool.QueuePool, pool_size=1, max_overflow=0, pool_timeout=3600
    )
    with engine.connect():
        found = sqlalchemy(engine).run(1.0)
    assert (found.level, found.pool) == ("degraded", True)
    assert found.detail == "1 of 1 connections busy"
    engine.dispose()


def test_a_pool_that_fills_while_it_is_asked_is_our_own_too() -> None:
    """Its figures were of a moment before; then its error says so."""
    sa = pytest.importorskip("sqlalchemy")

    class Late(sa.pool.QueuePool):
        def checkedout(self) -> int:
            return 0

    engine = sa.create_engine(
        "sqlite://", poolclass=Late, pool_size=1, max_overflow=0, pool_timeout=0.01
    )
    with engine.connect():
        found = sqlalchemy(engine).run(1.0)
    assert (found.level, found.pool) == ("degraded", True)
    assert "QueuePool limit" in found.detail
    engine.dispose()


def test_a_redis_that_loads_its_data_is_down() -> None:
    """It answers, but nothing else than that it cannot yet."""
    library = pytest.importorskip("redis")
    with (
        answering(b"-LOADING Redis is loading the dataset in memory\r\n") as port,
        pytest.raises(library.exceptions.BusyLoadingError),
    ):
        redis(f"redis://127.0.0.1:{port}?protocol=2").run(5.0)


def test_what_answers_but_is_no_redis_is_down() -> None:
    """A port that another server took over."""
    with (
        answering(b"+HELLO\r\n") as port,
        pytest.raises(ValueError, match="no Redis"),
    ):
        redis(f"redis://127.0.0.1:{port}?protocol=2").run(5.0)
