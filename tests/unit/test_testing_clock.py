"""ManualClock: time moves exactly when and as far as the test says."""

from __future__ import annotations

import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.errors import ConfigurationError
from ninefold.testing import ManualClock


@given(st.lists(st.floats(0, 1e6), max_size=20))
def test_sleeping_moves_time_by_exactly_what_was_asked(lengths: list[float]) -> None:
    """A blocking sleep returns at once, and the clock reads the sum of all sleeps."""
    clock = ManualClock(start=3.0)
    expected = 3.0
    for length in lengths:
        clock.sleep(length)
        expected += length
    assert clock.now() == expected
    assert clock.sleeps == tuple(lengths)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_tasks_wake_in_the_order_of_their_due_times(lengths: list[float]) -> None:
    """Concurrent tasks wake earliest first, each at its own due time, not one after another."""
    clock = ManualClock()
    woken: list[tuple[float, float]] = []

    async def wait(length: float) -> None:
        await clock.async_sleep(length)
        woken.append((length, clock.now()))

    async def main() -> None:
        await asyncio.gather(*map(wait, lengths))

    asyncio.run(main())
    assert [length for length, _ in woken] == sorted(lengths)
    assert all(at == length for length, at in woken)


def test_a_task_with_work_left_is_not_overtaken() -> None:
    """A task that is busy for several turns of the loop reaches its own earlier wait first."""
    clock = ManualClock()
    order: list[str] = []

    async def late() -> None:
        await clock.async_sleep(5)
        order.append("late")

    async def busy() -> None:
        for _ in range(10):
            await asyncio.sleep(0)
        await clock.async_sleep(1)
        order.append("busy")

    async def main() -> None:
        await asyncio.gather(late(), busy())

    asyncio.run(main())
    assert order == ["busy", "late"]
    assert clock.now() == 5.0


def test_without_automatic_only_advance_wakes_a_task() -> None:
    """However many turns the loop takes, a sleeper waits for the test to advance the clock."""
    clock = ManualClock(automatic=False)

    async def main() -> None:
        task = asyncio.create_task(clock.async_sleep(2))
        for _ in range(100):
            await asyncio.sleep(0)
        clock.advance(1.5)
        for _ in range(100):
            await asyncio.sleep(0)
        assert not task.done()
        clock.advance(0.5)
        await task

    asyncio.run(main())
    assert clock.now() == 2.0


def test_advance_wakes_threads_and_tasks_from_another_thread() -> None:
    """A blocked thread and a task of another thread's loop both wake once their time has come."""
    clock = ManualClock(automatic=False)
    woken: list[str] = []

    def block() -> None:
        clock.sleep(1)
        woken.append("thread")

    async def suspend() -> None:
        await clock.async_sleep(1)
        woken.append("task")

    threads = [
        threading.Thread(target=block),
        threading.Thread(target=asyncio.run, args=[suspend()]),
    ]
    for thread in threads:
        thread.start()
    while len(clock.sleeps) < len(threads):
        pass  # until both have begun to wait
    assert woken == []
    clock.advance(1)
    for thread in threads:
        thread.join(10)
    assert sorted(woken) == ["task", "thread"]


def test_a_cancelled_sleep_leaves_nothing_behind() -> None:
    """Cancelling a sleeper neither moves time nor keeps the clock waiting for it."""
    clock = ManualClock()

    async def main() -> None:
        task = asyncio.create_task(clock.async_sleep(100))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await clock.async_sleep(1)

    asyncio.run(main())
    assert clock.now() == 1.0


def test_one_clock_serves_event_loops_one_after_another() -> None:
    """A clock outlives a loop that was torn down while a task slept on it."""
    clock = ManualClock()

    async def leave_a_sleeper() -> None:
        leftover = asyncio.create_task(clock.async_sleep(50))
        await asyncio.sleep(0)
        assert not leftover.done()

    asyncio.run(leave_a_sleeper())
    asyncio.run(clock.async_sleep(1))
    assert clock.now() == 1.0


@pytest.mark.parametrize("wait", ["advance", "sleep"])
def test_time_never_goes_back(wait: str) -> None:
    """A negative length is refused with its value, and the clock stays where it was."""
    clock = ManualClock(start=9.0)
    with pytest.raises(ConfigurationError, match=r"must be >= 0 seconds, got -1"):
        getattr(clock, wait)(-1)
    with pytest.raises(ConfigurationError, match=r"must be >= 0 seconds, got -1"):
        asyncio.run(clock.async_sleep(-1))
    assert clock.now() == 9.0


def test_a_runtime_on_the_clock_repeats_for_the_same_seed() -> None:
    """Clock, waits and randomness of the Runtime are the manual clock's, and repeat."""

    def draw(seed: int) -> list[float]:
        runtime = ManualClock().runtime(seed=seed)
        runtime.sleep(1.0)
        asyncio.run(_sleep(runtime.async_sleep(2.0)))
        return [runtime.clock(), *(runtime.random.random() for _ in range(3))]

    async def _sleep(waiting: object) -> None:
        await waiting  # type: ignore[misc]  # any awaitable, as the Runtime declares it

    assert draw(1) == draw(1)
    assert draw(1)[0] == 3.0
    assert draw(1) != draw(2)
