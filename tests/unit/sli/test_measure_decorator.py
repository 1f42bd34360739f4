"""The decorator: whatever is decorated stays what it was, and each run of it is recorded."""

from __future__ import annotations

import asyncio
import functools
import inspect
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import ninefold as nf
from ninefold.sli import Operation
from ninefold.testing import CapturedTelemetry, ManualClock

DURATION = "ninefold.operation.duration"


@pytest.fixture
def operation(telemetry: CapturedTelemetry) -> Operation:
    """An operation called job."""
    return telemetry.service.measure("job")


def work(a: int, b: int = 2, *, c: int = 3) -> tuple[int, int, int]:
    """Work hard."""
    return a, b, c


async def async_work(a: int) -> int:
    """Work hard, at times."""
    await asyncio.sleep(0)
    return a


def steps(a: int) -> Iterator[int]:
    """Work step by step."""
    yield a


async def async_steps(a: int) -> Any:
    """Work step by step, at times."""
    yield a


@pytest.mark.parametrize("fn", [work, async_work, steps, async_steps], ids=lambda fn: fn.__name__)
def test_a_decorated_function_looks_like_the_one_it_was(
    fn: Callable[..., Any], operation: Operation
) -> None:
    """Name, docstring, signature and kind are kept, so that frameworks see no difference."""
    measured = operation(fn)
    assert measured is not fn
    assert (measured.__name__, measured.__doc__) == (fn.__name__, fn.__doc__)
    assert inspect.signature(measured) == inspect.signature(fn)
    for is_kind in (
        inspect.isfunction,
        inspect.iscoroutinefunction,
        inspect.isgeneratorfunction,
        inspect.isasyncgenfunction,
    ):
        assert is_kind(measured) == is_kind(fn)


class Shop:
    """A class whose methods are to be measured."""

    def __call__(self, order: int) -> tuple[object, int]:
        """Be called as a function."""
        return self, order


class AsyncShop:
    """A class whose objects are called and awaited."""

    async def __call__(self, order: int) -> int:
        """Be awaited."""
        return order


def test_methods_are_bound_as_before(operation: Operation, telemetry: CapturedTelemetry) -> None:
    """Methods, class methods and static methods, decorated above or below, get what they should."""

    class Measured:
        @operation
        def method(self, order: int) -> tuple[object, int]:
            return self, order

        @operation
        @classmethod
        def above_class(cls, order: int) -> tuple[object, int]:
            return cls, order

        @classmethod
        @operation
        def below_class(cls, order: int) -> tuple[object, int]:
            return cls, order

        @operation
        @staticmethod
        def above_static(order: int) -> int:
            return order

        @staticmethod
        @operation
        def below_static(order: int) -> int:
            return order

        @property
        @operation
        def size(self) -> int:
            return 5

        @operation
        @functools.lru_cache  # noqa: B019 - the object lives as long as the test
        def cached(self, order: int) -> tuple[object, int]:
            return self, order

    measured = Measured()
    assert measured.method(1) == (measured, 1)
    assert measured.above_class(2) == Measured.above_class(2) == (Measured, 2)
    assert measured.below_class(3) == Measured.below_class(3) == (Measured, 3)
    assert measured.above_static(4) == Measured.above_static(4) == 4
    assert measured.below_static(4) == Measured.below_static(4) == 4
    assert measured.size == 5
    assert measured.cached(6) == measured.cached(6) == (measured, 6)
    assert Measured.cached.cache_info().hits == 1
    assert isinstance(vars(Measured)["above_class"], classmethod)
    assert isinstance(vars(Measured)["above_static"], staticmethod)
    assert telemetry.value(DURATION, ninefold_outcome="success") == 12


def test_objects_that_are_called_stay_what_they_are(
    operation: Operation, telemetry: CapturedTelemetry
) -> None:
    """A partial, a callable object and a bound method are measured and keep their own ways."""
    partial = operation(functools.partial(work, 1, c=5))
    assert partial(4) == (1, 4, 5)
    assert partial.keywords == {"c": 5}
    shop = Shop()
    measured = operation(shop)
    assert isinstance(measured, Shop)
    assert measured(3) == (shop, 3)
    assert operation(shop.__call__)(4) == (shop, 4)
    assert asyncio.run(operation(AsyncShop())(5)) == 5
    assert asyncio.run(operation(functools.partial(async_work, 6))()) == 6
    assert asyncio.run(operation(functools.partial(AsyncShop(), 7))()) == 7
    assert operation(len)([1, 2]) == 2
    assert telemetry.value(DURATION, ninefold_outcome="success") == 7


def test_the_time_of_awaiting_counts(telemetry: CapturedTelemetry) -> None:
    """An async function is measured to its end, whichever kind of callable it comes in."""
    clock = ManualClock()
    operation = telemetry.service.measure("job", runtime=clock.runtime())

    class Sleeper:
        async def __call__(self) -> None:
            await clock.async_sleep(2.0)

    @types.coroutine
    def old_style() -> Any:
        yield from clock.async_sleep(2.0).__await__()

    async def everything() -> None:
        await operation(Sleeper())()
        await operation(Sleeper().__call__)()
        await operation(functools.partial(Sleeper()))()
        await operation(old_style)()

    asyncio.run(everything())
    [point] = telemetry.points(DURATION)
    assert (point.count, point.sum) == (4, 8.0)  # type: ignore[union-attr]  # a histogram's


def test_a_coroutine_that_is_closed_was_cancelled(
    operation: Operation, telemetry: CapturedTelemetry
) -> None:
    """A coroutine that was begun and dropped is recorded; one that was not begun is no event."""
    measured = operation(async_work)
    measured(1).close()
    assert telemetry.value(DURATION) == 0
    begun = measured(1)
    begun.send(None)
    begun.close()
    assert telemetry.value(DURATION, ninefold_outcome="cancelled") == 1


def test_an_exception_passes_through_unchanged(operation: Operation) -> None:
    """It is the same object with the same cause and notes, and one frame of ours at most."""
    cause = KeyError("cause")

    def fail() -> None:
        raise ValueError("failed") from cause

    with pytest.raises(ValueError, match="failed") as caught:
        operation(fail)()
    assert caught.value.__cause__ is cause
    frames = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert frames == [frames[0], "call", "fail"]


@pytest.mark.parametrize(
    "target", [Shop, 7, None, "job", property(lambda self: 1), classmethod(Shop)]
)
def test_what_is_no_function_is_refused(target: Any, operation: Operation) -> None:
    """A class, a value or a finished property is told of where it is decorated."""
    with pytest.raises(nf.ConfigurationError, match=r"measure\('job'\)"):
        operation(target)


def test_with_telemetry_disabled_a_function_stays_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """OTEL_SDK_DISABLED leaves nothing of ours in the way."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    service = nf.setup("tests")
    try:
        operation = service.measure("job", good=bool)
        assert operation(work) is work
        method = classmethod(work)
        assert operation(method) is method
        with operation as run:
            run.fail()
        with pytest.raises(nf.ConfigurationError):
            operation(Shop)
        assert list(service.operations) == ["job"]
    finally:
        service.shutdown()
