"""Has a task wait for its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninefold.core import Runtime
from ninefold.errors import BulkheadFullError
from ninefold.resilience.bulkhead._engine import Places

if TYPE_CHECKING:
    import asyncio


async def enter(
    places: Places, wait: float, runtime: Runtime, name: str, remaining: float | None = None
) -> None:
    """Take a place of the bulkhead `name`, waiting `wait` seconds at most; `leave` gives it back.

    `remaining` is what a deadline leaves, in seconds, and bounds the wait as well. Raises
    `BulkheadFullError`, and whatever else ends the wait: in each case no place is held.
    """
    if places.try_enter():
        return
    length = wait if remaining is None else min(wait, remaining)
    if length > 0 and await _joined(places, length, runtime):
        return
    raise BulkheadFullError(name, places.limit)


async def _joined(places: Places, length: float, runtime: Runtime) -> bool:
    import asyncio

    loop = asyncio.get_running_loop()
    woken = loop.create_future()
    waiter = places.join(lambda: loop.call_soon_threadsafe(_wake, woken))
    if waiter.entered:
        return True
    try:
        async with runtime.timeout(length):
            await woken
    except TimeoutError:
        places.forget(waiter)
        return False
    except BaseException:
        # Cancelled, or closed by a loop that ends: perhaps after the place was handed over.
        places.forget(waiter)
        raise
    return True


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
