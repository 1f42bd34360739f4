"""Bulkhead: what can be said, and how a thread or a task waits for its place."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.support.waiting import eventually

from ninefold.core import Runtime
from ninefold.errors import BulkheadFullError, ConfigurationError
from ninefold.resilience.bulkhead import Bulkhead, Places, _async, _sync
from ninefold.testing import ManualClock

Enter = Callable[[Places, float, Runtime, float | None], None]


def _in_thread(places: Places, wait: float, runtime: Runtime, remaining: float | None) -> None:
    _sync.enter(places, wait, runtime, "psp", remaining)


def _in_task(places: Places, wait: float, runtime: Runtime, remaining: float | None) -> None:
    asyncio.run(_async.enter(places, wait, runtime, "psp", remaining))


either_way = pytest.mark.parametrize("enter", [_in_thread, _in_task], ids=["sync", "async"])


def full(limit: int = 1) -> Places:
    """Places that are all taken."""
    places = Places(limit)
    while places.try_enter():
        pass
    return places


def test_options_are_checked_once_and_kept_as_seconds() -> None:
    """The same said in other words is equal, and what cannot be meant is refused."""
    assert Bulkhead(5, wait=timedelta(seconds=0.5)) == Bulkhead(limit=5, wait=0.5)
    assert hash(Bulkhead(5)) == hash(Bulkhead(5, wait=0))
    assert Bulkhead(5).wait == 0.0
    for limit in (0, -1, 1.5, True):
        with pytest.raises(ConfigurationError, match="bulkhead limit must be a whole number >= 1"):
            Bulkhead(limit)  # type: ignore[arg-type]  # the misuse that is tested
    with pytest.raises(ConfigurationError, match="bulkhead wait must be >= 0 seconds, got -1"):
        Bulkhead(1, wait=-1)


@either_way
@pytest.mark.parametrize(
    ("wait", "remaining", "waited"),
    [(0.0, None, 0.0), (2.0, None, 2.0), (2.0, 0.5, 0.5), (2.0, 9.0, 2.0), (2.0, 0.0, 0.0)],
)
def test_a_full_bulkhead_rejects_after_the_wait(
    enter: Enter, wait: float, remaining: float | None, waited: float
) -> None:
    """It waits as long as it may, and no longer than the deadline leaves; then it says who."""
    clock, places = ManualClock(), full(2)
    with pytest.raises(BulkheadFullError, match="bulkhead 'psp' is full: 2 calls") as rejected:
        enter(places, wait, clock.runtime(), remaining)
    assert (rejected.value.name, rejected.value.limit) == ("psp", 2)
    assert clock.now() == waited
    assert (places.usage, places.waiting) == (2, 0)


@either_way
def test_a_free_place_is_taken_at_once(enter: Enter) -> None:
    """Without any wait, even where one would be allowed."""
    clock, places = ManualClock(), Places(1)
    enter(places, 5.0, clock.runtime(), None)
    assert clock.now() == 0.0
    assert places.usage == 1


@either_way
def test_who_waits_enters_when_a_place_is_left(enter: Enter) -> None:
    """The place goes from one thread to the other, or to the other's task."""
    clock, places = ManualClock(automatic=False), full()
    entered: list[float] = []

    def wait() -> None:
        enter(places, 5.0, clock.runtime(), None)
        entered.append(clock.now())

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    eventually(lambda: places.waiting == 1, pause=0.001)
    clock.advance(4.0)
    places.leave()
    thread.join(10)
    assert entered == [4.0]
    assert (places.usage, places.waiting) == (1, 0)


@either_way
def test_a_place_that_came_free_meanwhile_needs_no_wait(enter: Enter) -> None:
    """Between the first try and queuing up a call may end: nobody would be woken later."""
    clock = ManualClock()

    class Meanwhile(Places):
        __slots__ = ()

        def try_enter(self) -> bool:
            self.leave()
            return False

    places = Meanwhile(1)
    places.resize(1)
    assert Places.try_enter(places)
    enter(places, 5.0, clock.runtime(), None)
    assert clock.now() == 0.0
    assert (places.usage, places.waiting) == (1, 0)


@either_way
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_a_wait_that_is_broken_off_holds_no_place(enter: Enter, error: type[BaseException]) -> None:
    """Also when the place was handed over just before: it goes back."""

    def broken(*_: object) -> bool:
        places.leave()
        raise error

    places = full()
    runtime = Runtime(wait=broken, timeout=broken)  # type: ignore[arg-type]  # it never returns
    with pytest.raises(error):
        enter(places, 5.0, runtime, None)
    assert (places.usage, places.waiting) == (0, 0)


def test_a_place_that_comes_with_the_last_moment_goes_back() -> None:
    """A thread whose wait is over is rejected though it was just handed the place."""

    def late(event: threading.Event, length: float) -> bool:
        answer = event.is_set()
        places.leave()
        return answer

    places = full()
    with pytest.raises(BulkheadFullError):
        _sync.enter(places, 5.0, Runtime(wait=late), "psp")
    assert (places.usage, places.waiting) == (0, 0)


@pytest.mark.parametrize("turns", range(8))
@pytest.mark.parametrize("handed_over", ["never", "before", "after"])
def test_a_cancelled_task_holds_no_place(turns: int, handed_over: str) -> None:
    """At whichever turn it is cancelled, before or after it was handed the place."""
    clock, places = ManualClock(automatic=False), full()

    async def main() -> bool:
        task = asyncio.create_task(_async.enter(places, 5.0, clock.runtime(), "psp"))
        for _ in range(turns):
            await asyncio.sleep(0)
        if handed_over == "before":
            places.leave()
        task.cancel()
        if handed_over == "after":
            places.leave()
        await asyncio.wait([task])
        return task.cancelled()

    cancelled = asyncio.run(main())
    assert cancelled
    assert (places.usage, places.waiting) == (1 if handed_over == "never" else 0, 0)


def test_an_expiry_and_a_place_in_the_same_moment_lose_nothing() -> None:
    """Either the task has the place or the place is free, in both orders."""
    for place_first in (True, False):
        clock, places = ManualClock(automatic=False), full()

        async def main(clock: ManualClock, places: Places, place_first: bool) -> bool:
            task = asyncio.create_task(_async.enter(places, 1.0, clock.runtime(), "psp"))
            for _ in range(5):
                await asyncio.sleep(0)
            for step in (places.leave, lambda: clock.advance(1.0))[:: 1 if place_first else -1]:
                step()
            await asyncio.wait([task])
            return task.exception() is None

        entered = asyncio.run(main(clock, places, place_first))
        assert (places.usage, places.waiting) == (int(entered), 0)


def test_a_closed_loop_passes_its_place_on() -> None:
    """A task that nobody will ever run again does not keep the place from the next."""
    places = full()
    loop = asyncio.new_event_loop()
    forsaken = loop.create_task(_async.enter(places, 60.0, ManualClock().runtime(), "psp"))
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert places.waiting == 1
    loop.close()
    entered: list[bool] = []
    places.join(lambda: entered.append(True))
    places.leave()
    assert entered == [True]
    assert (places.usage, places.waiting) == (1, 0)
    forsaken._log_destroy_pending = False  # type: ignore[attr-defined]  # that it was is the test
    del forsaken, loop
    gc.collect()
    assert (places.usage, places.waiting) == (1, 0)


def test_ten_thousand_waiting_tasks_take_time_in_proportion() -> None:
    """Joining, giving up and being served cost the same however many others wait."""

    def took(count: int) -> float:
        clock, places = ManualClock(), full()

        async def call(number: int) -> None:
            await _async.enter(places, 60.0, clock.runtime(), "psp")
            places.leave()

        async def main() -> None:
            tasks = [asyncio.create_task(call(number)) for number in range(count)]
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert places.waiting == count
            for task in tasks[::-2]:
                task.cancel()
            await asyncio.wait(tasks[::-2])
            assert places.waiting == count - len(tasks[::-2])
            places.leave()
            await asyncio.gather(*tasks, return_exceptions=True)

        started = time.process_time()
        asyncio.run(main())
        assert (places.usage, places.waiting) == (0, 0)
        return time.process_time() - started

    small = min(took(1_000) for _ in range(3))
    # Quadratic growth would make it a hundredfold.
    assert took(10_000) < 40 * small + 1.0


def test_many_waits_are_served_in_their_order_across_threads() -> None:
    """Each that queued up earlier is served earlier, though each has a thread of its own."""
    clock, places = ManualClock(automatic=False), full()
    served: list[int] = []

    def wait(number: int) -> None:
        _sync.enter(places, 5.0, clock.runtime(), "psp")
        served.append(number)
        places.leave()

    threads = [threading.Thread(target=wait, args=[number], daemon=True) for number in range(10)]
    for number, thread in enumerate(threads, 1):
        thread.start()
        eventually(lambda expected=number: places.waiting == expected, pause=0.001)  # type: ignore[misc]  # bound at once
    places.leave()
    for thread in threads:
        thread.join(10)
    assert served == list(range(10))
    assert (places.usage, places.waiting) == (0, 0)
