"""ManualClock: time moves exactly when and as far as the test says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.core import Expiry, Runtime
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


def test_a_wait_takes_its_length_unless_the_event_is_set() -> None:
    """Waiting moves time on by exactly its length; for an event that is set it takes none."""
    clock = ManualClock()
    event = threading.Event()
    assert clock.wait(event, 2.5) is False
    assert clock.now() == 2.5
    assert clock.wait(event, -1) is False
    event.set()
    assert clock.wait(event, 2.5) is True
    assert clock.now() == 2.5
    assert clock.sleeps == ()


@pytest.mark.parametrize("ends_by", ["event", "advance"])
def test_without_automatic_a_wait_ends_with_the_event_or_the_time(ends_by: str) -> None:
    """Whichever comes first, from another thread, and the answer says which it was."""
    clock = ManualClock(automatic=False)
    event = threading.Event()
    answers: list[bool] = []
    begun = threading.Event()

    def block() -> None:
        begun.set()
        answers.append(clock.wait(event, 1))

    thread = threading.Thread(target=block)
    thread.start()
    assert begun.wait(10)
    assert answers == []
    if ends_by == "event":
        event.set()
    else:
        clock.advance(1)
    thread.join(10)
    assert answers == [ends_by == "event"]


def test_a_timeout_ends_its_block_at_its_virtual_time() -> None:
    """A block that waits for ever is cancelled when all tasks are quiet, and not a second late."""
    clock = ManualClock()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with clock.timeout(3) as timeout:
                await asyncio.gather(clock.async_sleep(1), asyncio.Event().wait())
        assert timeout.expired()
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0

    asyncio.run(main())
    assert clock.now() == 3.0


def test_a_timeout_that_is_left_in_time_moves_nothing() -> None:
    """It neither cancels what comes after it, nor does time move on to where it would have been."""
    clock = ManualClock()

    async def main() -> None:
        async with clock.timeout(100) as timeout:
            await clock.async_sleep(1)
        assert not timeout.expired()
        await clock.async_sleep(1)

    asyncio.run(main())
    assert clock.now() == 2.0


def test_without_automatic_only_advance_expires_a_timeout() -> None:
    """However many turns the loop takes; once advanced to its end it is over, not before."""
    clock = ManualClock(automatic=False)

    async def block() -> None:
        async with clock.timeout(2):
            await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.create_task(block())
        for _ in range(100):
            await asyncio.sleep(0)
        clock.advance(1.5)
        for _ in range(100):
            await asyncio.sleep(0)
        assert not task.done()
        clock.advance(0.5)
        with pytest.raises(TimeoutError):
            await task

    asyncio.run(main())


def test_the_inner_of_two_timeouts_is_told_from_the_outer() -> None:
    """The one that expired raises; the other lets its own block go on."""
    clock = ManualClock()
    seen: list[float] = []

    async def main() -> None:
        async with clock.timeout(5) as outer:
            try:
                async with clock.timeout(1):
                    await asyncio.Event().wait()
            except TimeoutError:
                seen.append(clock.now())
            await clock.async_sleep(1)
        assert not outer.expired()
        with pytest.raises(TimeoutError):
            async with clock.timeout(1) as outer, clock.timeout(9) as inner:
                await asyncio.Event().wait()
        assert outer.expired()
        assert not inner.expired()

    asyncio.run(main())
    assert seen == [1.0]


@pytest.mark.parametrize("length", [0, -1, 1])
@pytest.mark.parametrize("cancelled", ["not", "before", "at once", "after"])
@pytest.mark.parametrize("swallows", [False, True])
def test_a_timeout_is_asyncios_also_when_somebody_else_cancels(
    length: float, cancelled: str, swallows: bool
) -> None:
    """On virtual time every ending is the one of `asyncio.timeout` on the loop's own time."""

    def ending(
        timeout: Callable[[float], AbstractAsyncContextManager[Expiry]],
        pass_time: Callable[[float], Awaitable[None]],
    ) -> tuple[str, bool, int]:
        async def block() -> tuple[str, bool, int]:
            expired, name = False, "nothing"
            task = asyncio.current_task()
            assert task is not None
            try:
                async with timeout(length / 100) as opened:
                    try:
                        await asyncio.Event().wait()
                    except asyncio.CancelledError:
                        if not swallows:
                            raise
                    finally:
                        if cancelled == "at once":
                            task.cancel()
                        expired = opened.expired()
                if cancelled == "at once":
                    await asyncio.sleep(0)
            except (TimeoutError, asyncio.CancelledError) as error:
                name = type(error).__name__
            return name, expired, task.cancelling()

        async def main() -> tuple[str, bool, int]:
            task = asyncio.create_task(block())
            if cancelled == "before":
                await asyncio.sleep(0)
                task.cancel()
            await pass_time(max(length, 0) / 100)
            if cancelled == "after":
                await asyncio.wait([task])
                task.cancel()
            try:
                return await task
            except asyncio.CancelledError:
                return "cancelled outside", False, task.cancelling()

        return asyncio.run(main())

    clock = ManualClock()
    assert ending(clock.timeout, clock.async_sleep) == ending(asyncio.timeout, asyncio.sleep)


def test_many_timeouts_at_once_take_a_turn_each_and_no_more() -> None:
    """Ten thousand waiting tasks end at their own times; none has to look at all others."""
    clock = ManualClock()
    ended: list[float] = []

    async def block(length: float) -> None:
        try:
            async with clock.timeout(length):
                await asyncio.Event().wait()
        except TimeoutError:
            ended.append(clock.now())

    async def main() -> None:
        await asyncio.gather(*(block(1 + number % 7) for number in range(10_000)))

    asyncio.run(main())
    assert ended == sorted(ended)
    assert {at: ended.count(at) for at in set(ended)} == {
        float(1 + number): len(range(number, 10_000, 7)) for number in range(7)
    }


def test_a_timeout_on_the_runtime_is_the_clocks() -> None:
    """A part that has only a Runtime expires on virtual time too."""
    clock = ManualClock()

    async def main(runtime: Runtime) -> None:
        with pytest.raises(TimeoutError):
            async with runtime.timeout(4):
                await runtime.async_sleep(5)

    asyncio.run(main(clock.runtime()))
    assert clock.now() == 4.0
    assert clock.runtime().wait(threading.Event(), 1) is False
    assert clock.now() == 5.0
