"""deadline: what is left is said truly wherever code runs, and ends with the block."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from ninefold.errors import ConfigurationError, DeadlineExceededError
from ninefold.resilience.deadline import carried, current, deadline, enter, leave, remaining
from ninefold.testing import ManualClock


@pytest.fixture(autouse=True)
def no_deadline_is_left_behind() -> Iterator[None]:
    """Each test begins and ends outside of any deadline."""
    assert remaining() is None
    yield
    assert remaining() is None


def test_it_counts_down_and_never_below_zero(manual_clock: ManualClock) -> None:
    """What is left shrinks with the time; when it is over nothing is left, and nothing raised."""
    with deadline(timedelta(seconds=2), runtime=manual_clock.runtime()):
        assert remaining() == 2.0
        manual_clock.advance(1.5)
        assert remaining() == 0.5
        manual_clock.advance(9)
        assert remaining() == 0.0
    assert remaining() is None


def test_the_tightest_deadline_holds(manual_clock: ManualClock) -> None:
    """An inner one that is longer extends nothing; a shorter one holds until it is left."""
    runtime = manual_clock.runtime()
    with deadline(5.0, runtime=runtime):
        with deadline(60.0, runtime=runtime):
            assert remaining() == 5.0
            with deadline(1.0, runtime=runtime):
                assert remaining() == 1.0
            assert remaining() == 5.0
        assert remaining() == 5.0


def test_deadlines_on_two_clocks_are_compared_by_what_is_left() -> None:
    """A part with a clock of its own keeps to the deadline of its caller."""
    one, two = ManualClock(), ManualClock(start=1000.0)
    with deadline(5.0, runtime=one.runtime()), deadline(3.0, runtime=two.runtime()):
        assert remaining() == 3.0
        one.advance(4.0)
        assert remaining() == 1.0


def test_it_ends_when_its_block_raises(manual_clock: ManualClock) -> None:
    """Whatever is raised passes, and no deadline stays."""
    with pytest.raises(KeyError), deadline(1.0, runtime=manual_clock.runtime()):
        raise KeyError
    assert current() is None


def test_one_that_is_entered_already_is_refused(manual_clock: ManualClock) -> None:
    """Two blocks would share one end; after it was left it can be entered again."""
    both = deadline(1.0, runtime=manual_clock.runtime())
    with both, pytest.raises(RuntimeError, match="is entered already"):
        both.__enter__()
    manual_clock.advance(5)
    with both:
        assert remaining() == 1.0


@pytest.mark.parametrize("length", [0, -1.0, float("nan"), float("inf"), True, "2"])
def test_a_length_that_cannot_be_meant_is_refused(length: float) -> None:
    """At once, with the value."""
    with pytest.raises(ConfigurationError, match="deadline must be"):
        deadline(length)


def test_an_async_block_is_cancelled_when_its_time_is_over(manual_clock: ManualClock) -> None:
    """It says how long was allowed, and the task is as good as new."""

    async def main() -> None:
        with pytest.raises(DeadlineExceededError, match="within 2 seconds") as exceeded:
            async with deadline(2.0, runtime=manual_clock.runtime()):
                await asyncio.Event().wait()
        assert exceeded.value.seconds == 2.0
        assert remaining() is None
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0

    asyncio.run(main())
    assert manual_clock.now() == 2.0


def test_an_async_block_keeps_to_an_enclosing_deadline(manual_clock: ManualClock) -> None:
    """Also to one that itself interrupts nothing."""
    runtime = manual_clock.runtime()

    async def main() -> None:
        with deadline(1.5, runtime=runtime):
            await runtime.async_sleep(1.0)
            with pytest.raises(DeadlineExceededError) as exceeded:
                async with deadline(60.0, runtime=runtime):
                    await asyncio.Event().wait()
            assert exceeded.value.seconds == 0.5

    asyncio.run(main())
    assert manual_clock.now() == 1.5


def test_two_async_blocks_that_are_over_together_are_one_expiry(manual_clock: ManualClock) -> None:
    """Their cancellations do not add up to one that nobody accounts for."""
    runtime = manual_clock.runtime()

    async def main() -> None:
        with pytest.raises(DeadlineExceededError):
            async with deadline(1.0, runtime=runtime), deadline(60.0, runtime=runtime):
                await asyncio.Event().wait()
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        await asyncio.sleep(0)

    asyncio.run(main())


def test_what_the_block_itself_raises_passes(manual_clock: ManualClock) -> None:
    """A TimeoutError of what it called is no expiry of ours."""

    async def main() -> None:
        with pytest.raises(TimeoutError, match="theirs"):
            async with deadline(1.0, runtime=manual_clock.runtime()):
                raise TimeoutError("theirs")

    asyncio.run(main())


@pytest.mark.parametrize("over", [False, True])
def test_somebody_elses_cancellation_passes(over: bool) -> None:
    """Also in the moment in which the time is over."""
    clock = ManualClock(automatic=False)

    async def block() -> None:
        async with deadline(1.0, runtime=clock.runtime()):
            await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.create_task(block())
        await asyncio.sleep(0)
        if over:
            clock.advance(1.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_a_task_that_outlives_the_block_has_no_deadline(manual_clock: ManualClock) -> None:
    """Inside it shares the deadline; once the block is left it falls back to what encloses it."""
    runtime = manual_clock.runtime()
    seen: list[float | None] = []

    async def background(left: asyncio.Event, all_left: asyncio.Event) -> None:
        seen.append(remaining())
        await left.wait()
        seen.append(remaining())
        with deadline(60.0, runtime=runtime):
            seen.append(remaining())
            await all_left.wait()
            seen.append(remaining())
        seen.append(remaining())

    async def main() -> None:
        left, all_left = asyncio.Event(), asyncio.Event()
        with deadline(10.0, runtime=runtime):
            with deadline(1.0, runtime=runtime):
                task = asyncio.create_task(background(left, all_left))
                await asyncio.sleep(0)
            left.set()
            for _ in range(3):
                await asyncio.sleep(0)
        all_left.set()
        await task

    asyncio.run(main())
    assert seen == [1.0, 10.0, 10.0, 60.0, None]


def test_a_long_lived_task_keeps_no_chain_of_ended_scopes(manual_clock: ManualClock) -> None:
    """A worker that opens a deadline for each of its jobs does not grow."""
    orphan = enter(1.0, manual_clock.now)
    inside = contextvars.copy_context()
    leave(orphan)

    def worker() -> None:
        for _ in range(10):
            scope = enter(1.0, manual_clock.now)
            assert scope.parent is None
            leave(scope)

    inside.run(worker)


def test_a_generator_that_is_left_early_leaves_nothing_behind(manual_clock: ManualClock) -> None:
    """Its deadline ends when it is closed, and what was there before holds again."""

    def steps() -> Iterator[float | None]:
        with deadline(1.0, runtime=manual_clock.runtime()):
            yield remaining()
            yield remaining()

    for left in steps():
        assert left == 1.0
        break
    gc.collect()
    assert remaining() is None


def test_an_async_generator_that_is_closed_elsewhere_leaves_nothing_behind() -> None:
    """The loop closes it in another context, where resetting a context variable would raise."""
    clock = ManualClock(automatic=False)

    async def steps() -> AsyncGenerator[float | None, None]:
        async with deadline(1.0, runtime=clock.runtime()):
            while True:
                yield remaining()

    async def main() -> None:
        unraisable: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, told: unraisable.append(told))
        generator = steps()
        async for left in generator:
            assert left == 1.0
            break

        async def close() -> None:
            await generator.aclose()

        await asyncio.create_task(close())
        assert remaining() is None
        async for _ in steps():
            break
        for _ in range(5):
            gc.collect()
            await asyncio.sleep(0)
        assert remaining() is None
        assert unraisable == []

    asyncio.run(main())


def test_steps_of_two_generators_in_turn_end_each_its_own(manual_clock: ManualClock) -> None:
    """Scopes that are not left in the order of a stack do not bring one another back."""
    one = enter(1.0, manual_clock.now)
    two = enter(2.0, manual_clock.now)
    leave(one)
    assert remaining() == 2.0
    leave(two)
    leave(two)
    assert remaining() is None


def test_threads_and_loops_have_deadlines_of_their_own(manual_clock: ManualClock) -> None:
    """None leaks from one to another, though they interleave."""
    runtime = manual_clock.runtime()
    meeting = threading.Barrier(4, timeout=60)
    seen: dict[float, list[float | None]] = {}

    async def task(length: float) -> list[float | None]:
        async with deadline(length, runtime=runtime):
            await asyncio.sleep(0)
            inside = remaining()
            meeting.wait()
        return [inside, remaining()]

    def run(length: float) -> None:
        if length < 3:
            seen[length] = asyncio.run(task(length))
            return
        with deadline(length, runtime=runtime):
            meeting.wait()
            inside = remaining()
        seen[length] = [inside, remaining()]

    threads = [threading.Thread(target=run, args=[length]) for length in (1.0, 2.0, 3.0, 4.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert seen == {length: [length, None] for length in (1.0, 2.0, 3.0, 4.0)}


def test_an_executor_has_the_deadline_only_if_it_is_carried() -> None:
    """Threads of a pool know nothing of the caller; `asyncio.to_thread` carries by itself."""
    # Real threads are waited for, which to an automatic clock looks like having nothing to do.
    clock = ManualClock(automatic=False)

    async def main(pool: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        async with deadline(2.0, runtime=clock.runtime()):
            assert await loop.run_in_executor(pool, remaining) is None
            assert await loop.run_in_executor(pool, carried(remaining)) == 2.0
            assert await asyncio.to_thread(remaining) == 2.0
        assert await loop.run_in_executor(pool, carried(remaining)) is None

    with ThreadPoolExecutor(1) as pool:
        asyncio.run(main(pool))
        with deadline(3.0, runtime=clock.runtime()):
            assert pool.submit(remaining).result(10) is None
            assert pool.submit(carried(remaining)).result(10) == 3.0
            later = carried(remaining)
        assert pool.submit(later).result(10) is None


def test_what_is_carried_runs_many_times_at_once(manual_clock: ManualClock) -> None:
    """Each call is by itself: one context cannot be entered twice, and none changes another's."""
    meeting = threading.Barrier(4, timeout=60)

    def work(add: float, *, of: float) -> tuple[float | None, float | None]:
        with deadline(add, runtime=manual_clock.runtime()):
            meeting.wait()
            return remaining(), of

    with ThreadPoolExecutor(4) as pool, deadline(3.0, runtime=manual_clock.runtime()):
        task = carried(work)
        assert task.__name__ == "work"
        futures = [pool.submit(task, float(add), of=float(add)) for add in (1, 2, 3, 4)]
        assert [future.result(20) for future in futures] == [(1, 1), (2, 2), (3, 3), (3, 4)]
        assert remaining() == 3.0
