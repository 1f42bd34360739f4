"""One operation as a context manager: nested, reused, and entered by many at once."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from opentelemetry.sdk.metrics.export import HistogramDataPoint

from ninefold.sli import Measurement, Operation
from ninefold.sli.operation._operation import _entered
from ninefold.testing import CapturedTelemetry, ManualClock

DURATION = "ninefold.operation.duration"


@pytest.fixture
def clock() -> ManualClock:
    """Time that the test moves."""
    return ManualClock()


@pytest.fixture
def operation(telemetry: CapturedTelemetry, clock: ManualClock) -> Operation:
    """One operation called job, for all to use."""
    return telemetry.service.measure("job", runtime=clock.runtime())


def outcomes(telemetry: CapturedTelemetry) -> dict[str, tuple[int, float]]:
    """Count and summed seconds of the job by outcome."""
    return {
        str((point.attributes or {})["ninefold.outcome"]): (point.count, point.sum)
        for point in telemetry.points(DURATION)
        if isinstance(point, HistogramDataPoint)
    }


def test_blocks_of_one_operation_nest(
    operation: Operation, telemetry: CapturedTelemetry, clock: ManualClock
) -> None:
    """Each block has a measurement of its own, and the inner one's word is not the outer one's."""
    with operation as outer:
        clock.advance(1)
        with operation as inner:
            assert inner is not outer
            inner.fail()
            clock.advance(2)
        clock.advance(4)
    assert outcomes(telemetry) == {"failure": (1, 2.0), "success": (1, 7.0)}


def test_a_block_may_be_used_again(operation: Operation, telemetry: CapturedTelemetry) -> None:
    """What one use said does not stick to the next."""
    for fails in (True, False):
        with operation as run:
            if fails:
                run.fail()
    assert {key: count for key, (count, _) in outcomes(telemetry).items()} == {
        "failure": 1,
        "success": 1,
    }


def test_threads_share_an_operation(
    operation: Operation, telemetry: CapturedTelemetry, clock: ManualClock
) -> None:
    """A block belongs to the thread that entered it, in whatever order they leave."""
    entered, leave = threading.Barrier(4), [threading.Event() for _ in range(3)]

    def work(number: int) -> None:
        with operation as run:
            if number == 0:
                run.fail()
            elif number == 1:
                run.ignore()
            entered.wait(30)
            assert leave[number].wait(30)

    with ThreadPoolExecutor(3) as pool:
        ended = [pool.submit(work, number) for number in range(3)]
        entered.wait(30)
        for number in range(3):
            clock.advance(1 << number)
            leave[number].set()
            ended[number].result(30)
    assert outcomes(telemetry) == {
        "failure": (1, 1.0),
        "ignored": (1, 3.0),
        "success": (1, 7.0),
    }


def test_tasks_share_an_operation(
    operation: Operation, telemetry: CapturedTelemetry, clock: ManualClock
) -> None:
    """A block belongs to the task that entered it, also where it was begun inside another's."""

    async def work(number: int) -> None:
        async with operation as run:
            if number == 1:
                run.fail()
            await clock.async_sleep(number)

    async def main() -> None:
        async with operation as run:
            run.ignore()
            await asyncio.gather(*(work(number) for number in (4, 1, 2)))

    asyncio.run(main())
    assert outcomes(telemetry) == {
        "ignored": (1, 4.0),
        "failure": (1, 1.0),
        "success": (2, 6.0),
    }


def test_many_at_once_lose_nothing(operation: Operation, telemetry: CapturedTelemetry) -> None:
    """However many threads enter and leave, each block is one event, and none stays behind."""

    def work(thread: int) -> None:
        for number in range(200):
            with operation as run:
                if (thread + number) % 2:
                    run.fail()
                with operation:
                    pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert {key: count for key, (count, _) in outcomes(telemetry).items()} == {
        "failure": 800,
        "success": 2400,
    }
    assert not operation._open


def test_a_block_may_be_left_in_another_context(
    telemetry: CapturedTelemetry, clock: ManualClock
) -> None:
    """A generator whose steps threads take in turn, as FastAPI's dependencies, is one event each.

    Each step runs in a copy of the context, so that what the first one set is lost to the second.
    """

    def dependency(fails: bool) -> Iterator[None]:
        with telemetry.service.measure("job", runtime=clock.runtime()) as run:
            if fails:
                run.fail()
            yield

    def step(generator: Iterator[None]) -> None:
        contextvars.copy_context().run(next, generator, None)

    first, second = dependency(True), dependency(False)
    step(first)
    clock.advance(1)
    step(second)
    clock.advance(2)
    step(first)
    clock.advance(4)
    step(second)
    assert outcomes(telemetry) == {"failure": (1, 3.0), "success": (1, 6.0)}


def test_a_context_keeps_nothing_that_was_left_elsewhere(operation: Operation) -> None:
    """A thread that enters blocks which others leave does not gather them."""

    def leave_elsewhere() -> None:
        run = operation.__enter__()
        assert isinstance(run, Measurement)
        contextvars.Context().run(operation.__exit__, None, None, None)

    def gathered() -> int:
        for _ in range(20):
            leave_elsewhere()
        return len(_entered.get())

    assert contextvars.copy_context().run(gathered) == 1
    assert not operation._open


def test_an_exit_without_an_entrance_does_nothing(
    operation: Operation, telemetry: CapturedTelemetry
) -> None:
    """Leaving what was not entered neither raises nor counts."""
    operation.__exit__(None, None, None)
    assert telemetry.value(DURATION) == 0


def test_a_stack_of_blocks(operation: Operation, telemetry: CapturedTelemetry) -> None:
    """ExitStack enters one operation several times, and leaves each."""
    with ExitStack() as stack:
        runs = [stack.enter_context(operation) for _ in range(3)]
        runs[1].fail()
    assert {key: count for key, (count, _) in outcomes(telemetry).items()} == {
        "failure": 1,
        "success": 2,
    }
