"""The checks of PostgreSQL, Redis and Celery against the real ones, with faults on the wire.

A check that outlived its timeout would hang here: nothing else ends a silent connection.
"""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.support.postgres import Postgres
from tests.support.process import Process
from tests.support.redis import Redis
from tests.support.tcp_proxy import Fault, TcpProxy
from tests.support.waiting import eventually

from ninefold.health import Finding, checks

Ask = Callable[[float], Finding]

ENOUGH = 10.0
SHORT = 0.5
# What bounds a connection's coming about where the check cannot; libpq takes no less.
CONNECT = {"connect_timeout": 2}


def need(*modules: str) -> None:
    """Skip where a client is not installed."""
    for module in modules:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed (dependency group `components`)")


class Kind:
    """A way to ask a PostgreSQL: `make` gives a check and what of its own it stands on."""

    def __init__(self, name: str, *, pooled: bool) -> None:
        self.name = name
        self.pooled = pooled

    def __repr__(self) -> str:
        return self.name

    @contextmanager
    def asked(self, address: str) -> Iterator[tuple[Ask, Any]]:
        """A function that probes, and the pool or engine that it does so by, of one connection."""
        need("psycopg", "psycopg_pool", "sqlalchemy")
        with asyncio.Runner() as runner, ExitStack() as stack:
            check, held = getattr(self, f"_{self.name}")(address, runner, stack)

            def ask(timeout: float) -> Finding:
                found = check.run(timeout)
                return runner.run(found) if inspect.iscoroutine(found) else found

            yield ask, held

    @contextmanager
    def taken(self, held: Any) -> Iterator[None]:
        """While this lasts, the pool has no place."""
        if self.name == "engine":
            with held.connect():
                yield
        elif self.name == "pool":
            with held.connection():
                yield
        else:
            runner, pool = held
            taking = pool.connect() if self.name == "async_engine" else pool.connection()
            runner.run(taking.__aenter__())
            try:
                yield
            finally:
                runner.run(taking.__aexit__(None, None, None))

    def _address(self, address: str, *_: object) -> tuple[object, None]:
        return checks.psycopg(address), None

    def _function(self, address: str, *_: object) -> tuple[object, None]:
        import psycopg

        return checks.psycopg(lambda: psycopg.connect(address, **CONNECT)), None

    def _pool(self, address: str, _: object, stack: ExitStack) -> tuple[object, object]:
        from psycopg_pool import ConnectionPool

        pool = stack.enter_context(
            ConnectionPool(address, kwargs=CONNECT, min_size=1, max_size=1, open=False)
        )
        return checks.psycopg(pool), pool

    def _async_pool(
        self, address: str, runner: asyncio.Runner, stack: ExitStack
    ) -> tuple[object, object]:
        from psycopg_pool import AsyncConnectionPool

        async def opened() -> Any:
            pool = AsyncConnectionPool(address, kwargs=CONNECT, min_size=1, max_size=1, open=False)
            await pool.open()
            return pool

        pool = runner.run(opened())
        stack.callback(lambda: runner.run(pool.close()))
        return checks.psycopg(pool), (runner, pool)

    def _engine(self, address: str, _: object, stack: ExitStack) -> tuple[object, object]:
        import sqlalchemy

        engine = sqlalchemy.create_engine(
            address.replace("postgresql:", "postgresql+psycopg:"),
            pool_size=1,
            max_overflow=0,
            connect_args=CONNECT,
        )
        stack.callback(engine.dispose)
        return checks.sqlalchemy(engine), engine

    def _async_engine(
        self, address: str, runner: asyncio.Runner, stack: ExitStack
    ) -> tuple[object, object]:
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine(
            address.replace("postgresql:", "postgresql+psycopg:"),
            pool_size=1,
            max_overflow=0,
            connect_args=CONNECT,
        )
        stack.callback(lambda: runner.run(engine.dispose()))
        return checks.sqlalchemy(engine), (runner, engine)


UNPOOLED = [Kind("address", pooled=False), Kind("function", pooled=False)]
PSYCOPG_POOLS = [Kind("pool", pooled=True), Kind("async_pool", pooled=True)]
ENGINES = [Kind("engine", pooled=True), Kind("async_engine", pooled=True)]
POOLED = [*PSYCOPG_POOLS, *ENGINES]
EVERY = [*UNPOOLED, *POOLED]

every_kind = pytest.mark.parametrize("kind", EVERY, ids=repr)


def up_again(ask: Ask) -> Finding:
    """What is found once all is well; what a pool still holds of before is not yet."""

    def look() -> Finding | None:
        try:
            found = ask(ENOUGH)
        except Exception as error:
            raise AssertionError("not yet") from error
        return found if found.level == "up" else None

    found = eventually(look, within=30, wanted="up")
    assert found is not None
    return found


def states(server: Postgres) -> list[str]:
    """What the connections of others do, as the server knows it."""
    import psycopg

    with psycopg.connect(server.conninfo()) as connection:
        rows = connection.execute(
            "SELECT state FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return [state for (state,) in rows]


@every_kind
def test_a_postgres_that_answers_is_up_and_keeps_no_transaction(
    kind: Kind, postgres_server: Postgres
) -> None:
    """Pools keep the one connection, idle; what has no pool leaves none."""
    with kind.asked(postgres_server.conninfo()) as (ask, _):
        for _each in range(3):
            assert ask(ENOUGH).level == "up"
        idle = ["idle"] if kind.pooled else []
        eventually(lambda: states(postgres_server) == idle, wanted=f"{idle}")


@every_kind
@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.RESET])
def test_a_postgres_that_cannot_be_reached_raises_as_its_driver_does(
    kind: Kind,
    fault: Fault,
    postgres_server: Postgres,
    tcp_proxy: Callable[[int], TcpProxy],
) -> None:
    """The class tells what; the message no password; afterwards it is up by itself."""
    proxy = tcp_proxy(postgres_server.port)
    with kind.asked(postgres_server.conninfo(proxy.port, password="hunter2")) as (ask, _):
        up_again(ask)
        proxy.fault = fault
        proxy.cut()
        with pytest.raises(Exception, match=r"server|connection|refused") as raised:
            ask(ENOUGH)
        assert type(raised.value).__name__ in {"OperationalError", "InterfaceError"}
        assert "hunter2" not in str(raised.value)
        proxy.fault = Fault.NONE
        up_again(ask)


@every_kind
def test_a_connection_that_never_comes_about_ends_as_a_failure(
    kind: Kind, postgres_server: Postgres, tcp_proxy: Callable[[int], TcpProxy]
) -> None:
    """By the check where it connects itself, by the driver's own timeout where the user does."""
    proxy = tcp_proxy(postgres_server.port)
    with kind.asked(postgres_server.conninfo(proxy.port)) as (ask, _):
        up_again(ask)
        proxy.fault = Fault.HANG
        proxy.cut()
        for _each in range(2):  # the first may still meet the connection that was cut
            with pytest.raises(Exception, match=r"timeout|within|server"):
                ask(SHORT)
        proxy.fault = Fault.NONE
        proxy.cut()
        up_again(ask)


@pytest.mark.parametrize("kind", POOLED, ids=repr)
def test_a_postgres_that_stops_where_it_stands_is_cut_off(
    kind: Kind, postgres_server: Postgres
) -> None:
    """The connection was fine and falls silent: a timeout, and the pool does not get it back."""
    with kind.asked(postgres_server.conninfo()) as (ask, held):
        up_again(ask)
        with postgres_server.frozen(), pytest.raises(TimeoutError, match="no answer within"):
            ask(SHORT)
        up_again(ask)
        if kind in ENGINES:
            engine = held[1] if kind.name == "async_engine" else held
            assert engine.pool.checkedout() == 0


def test_a_stopped_postgres_is_noticed_without_a_pool(postgres_server: Postgres) -> None:
    """The kernel accepts for it; the check's own connection ends with the timeout."""
    need("psycopg")
    check = checks.psycopg(postgres_server.conninfo())
    with postgres_server.frozen(), pytest.raises(TimeoutError, match="no connection within"):
        check.run(SHORT)


@pytest.mark.parametrize("kind", POOLED, ids=repr)
def test_a_pool_without_a_place_is_ours_and_not_the_databases(
    kind: Kind, postgres_server: Postgres
) -> None:
    """Degraded, and noted as a pool; when a place is free, up."""
    with kind.asked(postgres_server.conninfo()) as (ask, held):
        up_again(ask)
        with kind.taken(held):
            found = ask(SHORT)
            pool = held[1] if isinstance(held, tuple) else held
            assert checks.connection_pool(pool).run(ENOUGH).pool
        assert (found.level, found.pool) == ("degraded", True)
        assert ask(ENOUGH) == Finding()


@pytest.mark.parametrize("kind", PSYCOPG_POOLS, ids=repr)
def test_a_full_pool_does_not_hide_that_the_database_is_gone(
    kind: Kind, postgres_server: Postgres, tcp_proxy: Callable[[int], TcpProxy]
) -> None:
    """Who is to blame is asked past the pool."""
    proxy = tcp_proxy(postgres_server.port)
    with kind.asked(postgres_server.conninfo(proxy.port)) as (ask, held):
        up_again(ask)
        with kind.taken(held):
            proxy.fault = Fault.REFUSE
            with pytest.raises(Exception, match="refused"):
                ask(SHORT)
        proxy.fault = Fault.NONE


@pytest.mark.parametrize("kind", PSYCOPG_POOLS, ids=repr)
def test_a_pool_that_kept_broken_connections_is_ours_too(
    kind: Kind, postgres_server: Postgres, tcp_proxy: Callable[[int], TcpProxy]
) -> None:
    """A database that was restarted is not down for every connection that idled in the pool."""
    proxy = tcp_proxy(postgres_server.port)
    with kind.asked(postgres_server.conninfo(proxy.port)) as (ask, _):
        up_again(ask)
        proxy.cut()
        found = ask(ENOUGH)
        assert (found.level, found.pool) == ("degraded", True)
        assert "broken" in found.detail
        up_again(ask)


def test_a_closed_pool_is_no_broken_connection(postgres_server: Postgres) -> None:
    """It says so itself."""
    need("psycopg", "psycopg_pool")
    from psycopg_pool import ConnectionPool, PoolClosed

    pool = ConnectionPool(postgres_server.conninfo(), min_size=1, open=False)
    with pool:
        assert checks.psycopg(pool).run(ENOUGH).level == "up"
    with pytest.raises(PoolClosed):
        checks.psycopg(pool).run(ENOUGH)


def test_a_function_may_give_what_a_pool_lends(postgres_server: Postgres) -> None:
    """`pool.connection` is entered, given back, and says by its class when there is no place."""
    need("psycopg", "psycopg_pool")
    from psycopg_pool import ConnectionPool

    address = postgres_server.conninfo()
    with ConnectionPool(address, min_size=1, max_size=1, timeout=SHORT, open=False) as pool:
        check = checks.psycopg(pool.connection)
        assert check.run(ENOUGH) == check.run(ENOUGH) == Finding()
        with pool.connection():
            assert check.run(ENOUGH).pool


@contextmanager
def redis_asked(kind: str, port: int) -> Iterator[tuple[Ask, Any]]:
    """A function that probes, and the client of one connection that it does so by."""
    import redis
    import redis.asyncio

    address = f"redis://127.0.0.1:{port}/0"
    with asyncio.Runner() as runner:
        client: Any = None
        if kind == "client":
            client = redis.Redis.from_url(address, max_connections=1)
        elif kind == "blocking":
            client = redis.Redis(
                connection_pool=redis.BlockingConnectionPool.from_url(
                    address, max_connections=1, timeout=3600
                )
            )
        elif kind == "async":
            client = redis.asyncio.Redis.from_url(address, max_connections=1)
        check: Any = checks.redis(address if client is None else client)

        def ask(timeout: float) -> Finding:
            found = check.run(timeout)
            return runner.run(found) if inspect.iscoroutine(found) else found

        yield ask, client
        if kind == "async":
            runner.run(client.aclose())
        elif client is not None:
            client.close()


@pytest.mark.parametrize("kind", ["address", "client", "blocking", "async"])
def test_redis_is_what_it_answers(
    kind: str, redis_server: Redis, tcp_proxy: Callable[[int], TcpProxy]
) -> None:
    """Up, every fault by redis-py's own class without its retries, and up again."""
    need("redis")
    from redis import exceptions

    proxy = tcp_proxy(redis_server.port)
    with redis_asked(kind, proxy.port) as (ask, _):
        assert ask(ENOUGH).level == "up"
        for fault, error in (
            (Fault.REFUSE, exceptions.ConnectionError),
            (Fault.RESET, exceptions.ConnectionError),
            (Fault.HANG, exceptions.TimeoutError),
            (Fault.DROP, exceptions.TimeoutError),
        ):
            proxy.fault = fault
            before = proxy.accepted
            with pytest.raises(error):
                ask(SHORT)
            if fault is not Fault.REFUSE:
                eventually(lambda: proxy.accepted > before)  # noqa: B023 - called at once
                assert proxy.accepted == before + 1
        proxy.fault = Fault.NONE
        assert ask(ENOUGH).level == "up"
        redis_server.stop()
        with pytest.raises(exceptions.ConnectionError):
            ask(SHORT)


@pytest.mark.parametrize("kind", ["client", "blocking", "async"])
def test_a_client_without_a_free_connection_is_ours_and_not_the_servers(
    kind: str, redis_server: Redis, tcp_proxy: Callable[[int], TcpProxy]
) -> None:
    """The pool is full, and Redis answers: degraded; it does not: that is what is found."""
    need("redis")
    from redis import exceptions

    proxy = tcp_proxy(redis_server.port)
    with redis_asked(kind, proxy.port) as (ask, client):
        # Releases up to 5.2 want the command's name, later ones deprecate it.
        wanted = inspect.signature(client.connection_pool.get_connection).parameters
        named = ("PING",) if wanted["command_name"].default is inspect.Parameter.empty else ()

        async def take() -> Any:
            return await client.connection_pool.get_connection(*named)

        async def give(connection: Any) -> None:
            await client.connection_pool.release(connection)

        with asyncio.Runner() as runner:
            pool = client.connection_pool
            taken = runner.run(take()) if kind == "async" else pool.get_connection(*named)
            found = ask(ENOUGH)
            assert (found.level, found.pool) == ("degraded", True)
            assert found.detail == "1 of 1 connections busy"
            proxy.fault = Fault.REFUSE
            with pytest.raises(exceptions.ConnectionError):
                ask(SHORT)
            proxy.fault = Fault.NONE
            if kind == "async":
                runner.run(give(taken))
                runner.run(pool.disconnect())
            else:
                pool.release(taken)
        assert ask(ENOUGH).level == "up"


def test_a_redis_on_a_socket_of_the_file_system_is_asked_too(redis_server: Redis) -> None:
    """As `unix://`; and when it is gone, that is redis-py's word."""
    need("redis")
    from redis import exceptions

    check = checks.redis(f"unix://{redis_server.socket}")
    assert check.run(ENOUGH) == checks.redis(f"unix://{redis_server.socket}?db=1").run(ENOUGH)
    redis_server.stop()
    with pytest.raises(exceptions.ConnectionError):
        check.run(SHORT)


def test_wrong_credentials_are_the_servers_word(redis_server: Redis) -> None:
    """And the password is not repeated."""
    need("redis")
    from redis import exceptions

    with pytest.raises(exceptions.AuthenticationError) as raised:
        checks.redis(f"redis://nobody:hunter2@127.0.0.1:{redis_server.port}").run(ENOUGH)
    assert "hunter2" not in str(raised.value)


def test_celery_is_as_many_workers_as_answer(
    keep: Callable[[Process], Process],
    redis_server: Redis,
    tcp_proxy: Callable[[int], TcpProxy],
    tmp_path: Path,
) -> None:
    """None, one of one, one of two; then every fault of the broker, and a worker that stopped."""
    need("celery", "redis")
    from celery import Celery
    from kombu.exceptions import OperationalError

    proxy = tcp_proxy(redis_server.port)
    app = Celery("answers", broker=f"redis://127.0.0.1:{proxy.port}/0")
    one, two = checks.celery(app), checks.celery(app, workers=2)
    found = one.run(SHORT)
    assert (found.level, found.up, found.of) == ("down", 0, 1)
    module = "tests.integration.apps.celery_answers"
    worker = keep(
        Process(
            "celery worker",
            [
                *(sys.executable, "-m", "celery", "-A", module, "worker", "--loglevel", "INFO"),
                *("--concurrency", "1", "--without-gossip", "--without-mingle", "-n", "a@shop"),
            ],
            log=tmp_path / "worker.log",
            env={"BROKER": f"redis://127.0.0.1:{redis_server.port}/0"},
        )
    )
    worker.wait_until(lambda: " ready." in worker.log, within=60)
    found = one.run(ENOUGH)
    assert (found.level, found.up, found.of) == ("up", 1, 1)
    assert found.detail == "answered: a@shop"
    found = two.run(3.0)
    assert (found.level, found.up, found.of) == ("degraded", 1, 2)
    for fault in (Fault.REFUSE, Fault.RESET, Fault.HANG, Fault.DROP):
        proxy.fault = fault
        with pytest.raises(OperationalError):
            one.run(SHORT)
    proxy.fault = Fault.NONE
    assert one.run(ENOUGH).level == "up"
    worker.stop(within=60)
    assert one.run(SHORT).up == 0


def test_a_broker_that_speaks_amqp_is_bounded_too(
    redis_server: Redis, tcp_proxy: Callable[[int], TcpProxy]
) -> None:
    """Nobody listens, or nobody answers: no retries, no waiting for ever."""
    need("celery")
    from celery import Celery
    from kombu.exceptions import OperationalError

    proxy = tcp_proxy(redis_server.port)
    check = checks.celery(Celery("shop", broker=f"amqp://shop:hunter2@127.0.0.1:{proxy.port}//"))
    for fault in (Fault.REFUSE, Fault.HANG):
        proxy.fault = fault
        with pytest.raises(OperationalError) as raised:
            check.run(SHORT)
        assert "hunter2" not in str(raised.value)
