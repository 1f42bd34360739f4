"""Has a thread wait for its place."""

from __future__ import annotations

import threading

from ninefold.core import Runtime
from ninefold.errors import BulkheadFullError
from ninefold.resilience.bulkhead._engine import Places


def enter(
    places: Places, wait: float, runtime: Runtime, name: str, remaining: float | None = None
) -> None:
    """Take a place of the bulkhead `name`, waiting `wait` seconds at most; `leave` gives it back.

    `remaining` is what a deadline leaves, in seconds, and bounds the wait as well. Raises
    `BulkheadFullError`, and whatever else ends the wait: in each case no place is held.
    """
    if places.try_enter():
        return
    length = wait if remaining is None else min(wait, remaining)
    if length > 0:
        event = threading.Event()
        waiter = places.join(event.set)
        try:
            if waiter.entered or runtime.wait(event, length):
                return
        except BaseException:
            places.forget(waiter)
            raise
        places.forget(waiter)
    raise BulkheadFullError(name, places.limit)
