"""Calls a function again and again, with next to nothing around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def calling(fn: Callable[[], object]) -> Callable[[int], None]:
    """Call `fn` so many times."""

    def run(operations: int) -> None:
        for _ in range(operations):
            fn()

    return run


def awaiting(fn: Callable[[], Any]) -> Callable[[int], None]:
    """Await `fn` so many times in one coroutine, which waits for nothing."""

    async def steps(operations: int) -> None:
        for _ in range(operations):
            await fn()

    def run(operations: int) -> None:
        # Nothing is ever waited for, so that one step takes the coroutine to its end.
        try:
            steps(operations).send(None)
        except StopIteration:
            return
        raise AssertionError("the coroutine waited")

    return run
