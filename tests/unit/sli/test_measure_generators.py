"""Measured generators: whatever passes between one and its consumer passes through."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import traceback
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

import pytest

from ninefold.sli import Operation
from ninefold.testing import CapturedTelemetry, ManualClock

DURATION = "ninefold.operation.duration"


class Kept(Exception):
    """An exception that a generator takes and goes on."""


def echo() -> Generator[Any, Any, str]:
    """Answer what is sent or thrown."""
    said: Any = "begun"
    while said != "end":
        try:
            said = yield said
        except Kept as error:
            said = error
    return "ended"


async def async_echo() -> AsyncGenerator[Any, Any]:
    """Answer what is sent or thrown."""
    said: Any = "begun"
    while said != "end":
        try:
            said = yield said
        except Kept as error:
            said = error


class Both:
    """A consumer of either kind of generator."""

    def __init__(self, generator: Any) -> None:
        self._generator = generator

    def send(self, value: Any) -> Any:
        """Send a value; what comes back."""
        if isinstance(self._generator, Generator):
            return self._generator.send(value)
        return self._step(self._generator.asend(value))

    def throw(self, error: BaseException) -> Any:
        """Throw an error; what comes back."""
        if isinstance(self._generator, Generator):
            return self._generator.throw(error)
        return self._step(self._generator.athrow(error))

    def close(self) -> None:
        """Ask it to end."""
        if isinstance(self._generator, Generator):
            self._generator.close()
        else:
            self._step(self._generator.aclose())

    @staticmethod
    def _step(awaitable: Any) -> Any:
        async def wait() -> Any:
            return await awaitable

        try:
            wait().send(None)
        except StopIteration as end:
            return end.value
        raise AssertionError("it waited")


@pytest.fixture(params=["sync", "async"])
def begin(request: pytest.FixtureRequest) -> Callable[[Any, Any], Any]:
    """Choose the sync or the async function of two."""
    return lambda sync, asynchronous: sync if request.param == "sync" else asynchronous


@pytest.fixture
def operation(telemetry: CapturedTelemetry) -> Operation:
    """An operation called job."""
    return telemetry.service.measure("job")


def test_values_and_exceptions_reach_the_generator(
    begin: Callable[[Any, Any], Any], operation: Operation, telemetry: CapturedTelemetry
) -> None:
    """What is sent and thrown arrives, what is yielded comes back, and the end is recorded."""
    consumer = Both(operation(begin(echo, async_echo))())
    assert consumer.send(None) == "begun"
    assert consumer.send(1) == 1
    kept = Kept()
    assert consumer.throw(kept) is kept
    assert consumer.send(None) is None
    with pytest.raises((StopIteration, StopAsyncIteration)):
        consumer.send("end")
    assert telemetry.value(DURATION, ninefold_outcome="success") == 1


def test_an_exception_that_is_thrown_and_not_taken_comes_back(
    begin: Callable[[Any, Any], Any], operation: Operation, telemetry: CapturedTelemetry
) -> None:
    """It is the same object, gains one frame of ours, and is recorded as a failure."""
    consumer = Both(operation(begin(echo, async_echo))())
    consumer.send(None)
    error = ValueError("thrown")
    with pytest.raises(ValueError, match="thrown") as caught:
        consumer.throw(error)
    assert caught.value is error
    frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert frames[-2:] == ["call", begin("echo", "async_echo")]
    assert frames.count("call") == 1
    assert telemetry.value(DURATION, error_type="ValueError") == 1


def test_an_exception_after_one_that_was_taken_has_no_context_of_ours(
    begin: Callable[[Any, Any], Any], operation: Operation
) -> None:
    """What a generator raises later is not told to have come of what it had caught before."""

    def forgets() -> Generator[None, None, None]:
        with contextlib.suppress(Kept):
            yield
        raise ValueError("later")

    async def async_forgets() -> AsyncGenerator[None, None]:
        with contextlib.suppress(Kept):
            yield
        raise ValueError("later")

    consumer = Both(operation(begin(forgets, async_forgets))())
    consumer.send(None)
    with pytest.raises(ValueError, match="later") as caught:
        consumer.throw(Kept())
    assert caught.value.__context__ is None


def test_closing_runs_what_the_generator_has_to_clean_up(
    begin: Callable[[Any, Any], Any], operation: Operation, telemetry: CapturedTelemetry
) -> None:
    """A consumer that leaves early closes the generator; that is a cancellation."""
    cleaned: list[str] = []

    def careful() -> Generator[int, None, None]:
        try:
            yield 1
        finally:
            cleaned.append("clean")

    async def async_careful() -> AsyncGenerator[int, None]:
        try:
            yield 1
        finally:
            cleaned.append("clean")

    consumer = Both(operation(begin(careful, async_careful))())
    consumer.send(None)
    consumer.close()
    assert cleaned == ["clean"]
    assert telemetry.value(DURATION, ninefold_outcome="cancelled") == 1


def test_a_generator_that_will_not_close_is_told_as_before(
    begin: Callable[[Any, Any], Any], operation: Operation
) -> None:
    """Python's own complaint about a generator that yields while it is closed comes through."""

    def stubborn() -> Generator[int, None, None]:
        try:
            yield 1
        except GeneratorExit:
            yield 2

    async def async_stubborn() -> AsyncGenerator[int, None]:
        try:
            yield 1
        except GeneratorExit:
            yield 2

    consumer = Both(operation(begin(stubborn, async_stubborn))())
    consumer.send(None)
    with pytest.raises(RuntimeError, match="ignored GeneratorExit"):
        consumer.close()


def test_a_generator_that_never_began_is_no_event(
    begin: Callable[[Any, Any], Any], operation: Operation, telemetry: CapturedTelemetry
) -> None:
    """Made and dropped, closed, or thrown into before its first step: nothing ran."""
    dropped = operation(begin(echo, async_echo))()
    del dropped
    for act in (Both.close, lambda consumer: consumer.throw(ValueError("early"))):
        consumer = Both(operation(begin(echo, async_echo))())
        with contextlib.suppress(ValueError):
            act(consumer)
    gc.collect()
    assert telemetry.value(DURATION) == 0


def test_the_time_counts_from_the_first_step_to_the_end(
    begin: Callable[[Any, Any], Any], telemetry: CapturedTelemetry
) -> None:
    """Waiting before the first step is not counted, the consumer's time in between is."""
    clock = ManualClock()
    operation = telemetry.service.measure("job", runtime=clock.runtime())
    consumer = Both(operation(begin(echo, async_echo))())
    clock.advance(100)
    consumer.send(None)
    clock.advance(2)
    with pytest.raises((StopIteration, StopAsyncIteration)):
        consumer.send("end")
    [point] = telemetry.points(DURATION)
    assert point.sum == 2.0  # type: ignore[union-attr]  # a histogram's


def test_the_value_of_yield_from_is_kept(operation: Operation) -> None:
    """A generator's return value comes out of the measured one."""

    def outer() -> Generator[Any, Any, str]:
        return (yield from operation(echo)())

    steps = outer()
    next(steps)
    with pytest.raises(StopIteration) as end:
        steps.send("end")
    assert end.value.value == "ended"


def test_an_event_loop_that_ends_closes_an_async_generator_once(
    operation: Operation, telemetry: CapturedTelemetry
) -> None:
    """A generator left half-way is closed with its loop, and nothing is closed twice at once."""
    complaints: list[Any] = []
    cleaned: list[str] = []

    @operation
    async def slow_to_close() -> AsyncGenerator[int, None]:
        try:
            yield 1
            yield 2
        finally:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            cleaned.append("clean")

    async def leave_half_way() -> Any:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: complaints.append(context))
        steps = slow_to_close()
        assert await anext(steps) == 1
        return steps

    kept = asyncio.run(leave_half_way())
    assert (cleaned, complaints) == (["clean"], [])
    assert telemetry.value(DURATION, ninefold_outcome="cancelled") == 1
    del kept


def test_a_cancellation_inside_reaches_an_async_generator(
    operation: Operation, telemetry: CapturedTelemetry
) -> None:
    """A task that is cancelled while it waits inside the generator ends it, as a cancellation."""
    cleaned: list[str] = []

    @operation
    async def waits() -> AsyncGenerator[int, None]:
        try:
            await asyncio.Event().wait()
            yield 1
        finally:
            cleaned.append("clean")

    async def cancel() -> None:
        async def consume() -> None:
            async for _ in waits():
                pass

        task = asyncio.create_task(consume())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert cleaned == ["clean"]
    assert telemetry.value(DURATION, error_type="cancelled") == 1


def test_a_generator_that_is_dropped_half_way_is_recorded_and_freed(
    operation: Operation, telemetry: CapturedTelemetry
) -> None:
    """Nothing of ours keeps it alive: the garbage collector is not needed."""
    gc.disable()
    try:
        steps = operation(echo)()
        next(steps)
        del steps
        assert telemetry.value(DURATION, ninefold_outcome="cancelled") == 1
    finally:
        gc.enable()
