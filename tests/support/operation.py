"""Six ways to measure the same run, and what the caller sees of each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

from ninefold.sli.operation import Measurement, Operation

Body = Callable[[Measurement | None], Any]
"""What happens in the run; the block's measurement, where there is one, is given."""

WAYS = ("function", "coroutine", "generator", "async_generator", "context", "async_context")
WITH_RESULT = ("function", "coroutine", "generator")


def perform(operation: Operation | None, way: str, body: Body, *, closed: bool = False) -> Any:
    """Run `body` measured in one of `WAYS`, not measured where there is no operation.

    Gives its result, None where the way has none. `closed`: the consumer of a generator stops after
    the first step, which comes after the body.
    """
    match way:
        case "function":
            return _decorated(operation, lambda: body(None))()
        case "coroutine":
            return asyncio.run(_coroutine(operation, body))
        case "generator":
            return _generator(operation, body, closed)
        case "async_generator":
            return asyncio.run(_async_generator(operation, body, closed))
        case "context":
            if operation is None:
                body(None)
                return None
            with operation as run:
                body(run)
            return None
        case _:
            return asyncio.run(_async_context(operation, body))


def _decorated(operation: Operation | None, fn: Any) -> Any:
    return fn if operation is None else operation(fn)


async def _coroutine(operation: Operation | None, body: Body) -> Any:
    async def work() -> Any:
        await asyncio.sleep(0)
        return body(None)

    return await _caught(_decorated(operation, work)())


def _generator(operation: Operation | None, body: Body, closed: bool) -> Any:
    def work() -> Generator[int, None, Any]:
        yield 1
        result = body(None)
        yield 2
        return result

    steps = _decorated(operation, work)()
    assert [next(steps), next(steps)] == [1, 2]
    if closed:
        steps.close()
        return None
    try:
        next(steps)
    except StopIteration as end:
        return end.value
    raise AssertionError("a third step")


async def _async_generator(operation: Operation | None, body: Body, closed: bool) -> None:
    async def work() -> AsyncGenerator[int, None]:
        yield 1
        body(None)
        yield 2

    async def consume() -> None:
        steps = _decorated(operation, work)()
        assert [await anext(steps), await anext(steps)] == [1, 2]
        if closed:
            await steps.aclose()
            return
        assert [each async for each in steps] == []

    await _caught(consume())


async def _async_context(operation: Operation | None, body: Body) -> None:
    async def work() -> None:
        if operation is None:
            body(None)
            return
        async with operation as run:
            await asyncio.sleep(0)
            body(run)

    await _caught(work())


class Carried(Exception):
    """Takes what is no `Exception` past asyncio, which would end its loop with it."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


async def _caught(work: Any) -> Any:
    try:
        return await work
    except Exception:
        raise
    except BaseException as error:  # noqa: BLE001 - carried on, not swallowed
        raise Carried(error) from None
