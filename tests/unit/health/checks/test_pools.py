"""The checks of thread pools and connection pools, around the real ones."""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ninefold.errors import ConfigurationError
from ninefold.health.checks import connection_pool, thread_pool


@contextlib.contextmanager
def busy(executor: ThreadPoolExecutor, tasks: int) -> Iterator[None]:
    """Hold as many threads as there are, with the rest of the tasks waiting."""
    release = threading.Event()
    entered = threading.Semaphore(0)

    def task() -> None:
        entered.release()
        release.wait(30)

    done = [executor.submit(task) for _ in range(tasks)]
    for _ in range(min(tasks, executor._max_workers)):
        assert entered.acquire(timeout=30)
    try:
        yield
    finally:
        release.set()
        for each in done:
            each.result(30)


@pytest.mark.parametrize(
    ("tasks", "level", "detail"),
    [
        (0, "up", "0 of 2 threads busy"),
        (1, "up", "1 of 2 threads busy"),
        (2, "up", "2 of 2 threads busy"),
        (5, "degraded", "2 of 2 threads busy, 3 waiting"),
    ],
)
def test_an_executor_is_saturated_when_work_waits(tasks: int, level: str, detail: str) -> None:
    """All threads busy is what they are for; work that waits is not, and is our own pool's."""
    with ThreadPoolExecutor(2) as executor, busy(executor, tasks):
        found = thread_pool(executor).run(1.0)
    assert (found.level, found.detail, found.pool) == (level, detail, level == "degraded")


def test_threads_that_became_idle_are_not_busy() -> None:
    """Threads stay when their work is done."""
    with ThreadPoolExecutor(2) as executor:
        with busy(executor, 2):
            pass
        assert thread_pool(executor).run(1.0).level == "up"


def test_as_many_may_wait_as_was_said() -> None:
    """`max_queue` still is up, one more is not."""
    with ThreadPoolExecutor(1) as executor, busy(executor, 4):
        assert thread_pool(executor, max_queue=3).run(1.0).level == "up"
        assert thread_pool(executor, max_queue=2).run(1.0).level == "degraded"


def test_a_limiter_of_anyio_is_read_with_those_who_wait() -> None:
    """As FastAPI's functions that are not async have it; an infinite one is never full."""
    anyio = pytest.importorskip("anyio")

    async def measured() -> None:
        limiter = anyio.CapacityLimiter(1)
        check = thread_pool(limiter)
        assert check.run(1.0).level == "up"
        async with limiter:
            assert check.run(1.0).level == "up"
            waiting = asyncio.create_task(limiter.acquire_on_behalf_of("another"))
            await asyncio.sleep(0)
            found = check.run(1.0)
            waiting.cancel()
        assert (found.pool, found.detail) == (True, "1 of 1 threads busy, 1 waiting")
        assert thread_pool(anyio.CapacityLimiter(math.inf)).run(1.0).level == "up"

    asyncio.run(measured())


@pytest.mark.parametrize("make", [thread_pool, connection_pool])
@pytest.mark.parametrize("limit", [10, lambda: 10])
def test_two_functions_serve_for_any_pool(make: Callable[..., object], limit: object) -> None:
    """In use of how many; the limit may change, or be a number."""
    used = 9
    check = make(usage=lambda: used, limit=limit)
    assert check.run(1.0).level == "up"  # type: ignore[attr-defined]  # either check
    used = 10
    found = check.run(1.0)  # type: ignore[attr-defined]  # either check
    assert (found.level, found.pool) == ("degraded", True)


@pytest.mark.parametrize("make", [thread_pool, connection_pool])
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "usage"),
        ({"usage": 3, "limit": 4}, "usage"),
        ({"usage": lambda: 3}, "limit"),
        ({"usage": lambda: 3, "limit": 0}, "limit"),
        ({"usage": lambda: 3, "limit": True}, "limit"),
    ],
)
def test_half_of_what_is_needed_is_refused(
    make: Callable[..., object], wrong: dict[str, object], said: str
) -> None:
    """At construction, by the argument's name."""
    with pytest.raises(ConfigurationError, match=said):
        make(**wrong)


def test_what_is_no_pool_is_refused_with_the_remedy() -> None:
    """Its text may hold a password, and is not shown for a connection pool."""
    with pytest.raises(ConfigurationError, match="usage= and limit="):
        thread_pool(object())  # type: ignore[arg-type]  # what a caller without a checker does
    with pytest.raises(ConfigurationError, match=r"^a str cannot be asked") as raised:
        connection_pool("redis://:hunter2@cache")
    assert "hunter2" not in str(raised.value)
    with ThreadPoolExecutor(1) as executor, pytest.raises(ConfigurationError, match="not both"):
        thread_pool(executor, usage=lambda: 1, limit=1)
    with pytest.raises(ConfigurationError, match="not both"):
        connection_pool(object(), usage=lambda: 1, limit=1)


def test_an_engine_of_sqlalchemy_is_full_when_its_overflow_is() -> None:
    """`pool_size` and `max_overflow` together are the limit, and it is the pool of that moment."""
    sa = pytest.importorskip("sqlalchemy")
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.QueuePool, pool_size=1, max_overflow=1)
    first = engine.pool
    of_engine, of_pool = connection_pool(engine), connection_pool(first)
    with engine.connect():
        assert of_engine.run(1.0).detail == "1 of 2 connections busy"
        with engine.connect():
            found = of_engine.run(1.0)
            assert of_pool.run(1.0) == found
            assert (found.level, found.pool) == ("degraded", True)
            engine.dispose()
            assert of_engine.run(1.0).level == "up"
    first.dispose()
    engine.dispose()


def test_a_pool_of_sqlalchemy_without_a_limit_is_never_full() -> None:
    """`max_overflow=-1`."""
    sa = pytest.importorskip("sqlalchemy")
    engine = sa.create_engine(
        "sqlite://", poolclass=sa.pool.QueuePool, pool_size=1, max_overflow=-1
    )
    with engine.connect(), engine.connect():
        assert connection_pool(engine).run(1.0).level == "up"
    engine.dispose()
    with pytest.raises(ConfigurationError, match="usage= and limit="):
        connection_pool(sa.pool.NullPool(lambda: None))
