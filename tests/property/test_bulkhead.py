"""A bulkhead never has more inside than its limit, nobody overtakes, and no place is lost."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import deque

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ninefold.core import Runtime
from ninefold.errors import BulkheadFullError
from ninefold.resilience.bulkhead import Places, Waiter, _async, _sync
from ninefold.testing import ManualClock


class PlacesMachine(RuleBasedStateMachine):
    """Any order of calls that come, wait, give up and end, and of limits that change."""

    @initialize(limit=st.integers(1, 4))
    def begin(self, limit: int) -> None:
        """Start empty."""
        self.places = Places(limit)
        self.inside: list[Waiter | None] = []
        self.queue: deque[Waiter] = deque()
        self.joined: list[Waiter] = []
        self.lost: list[Waiter] = []

    def woken(self, number: int) -> None:
        """Note that the first in the queue entered; another one would have overtaken."""
        waiter = self.queue.popleft()
        assert waiter is self.joined[number]
        assert waiter.entered
        if waiter in self.lost:
            raise RuntimeError("Event loop is closed")
        self.inside.append(waiter)

    @rule()
    def enter(self) -> None:
        """Enter if there is room and nobody waits, and only then."""
        free = len(self.inside) < self.places.limit and not self.queue
        assert self.places.try_enter() is free
        if free:
            self.inside.append(None)

    @rule()
    def join(self) -> None:
        """Enter at once or queue up."""
        number = len(self.joined)
        free = len(self.inside) < self.places.limit
        waiter = self.places.join(lambda: self.woken(number))
        self.joined.append(waiter)
        assert waiter.entered is free
        if free:
            self.inside.append(waiter)
        else:
            self.queue.append(waiter)

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        """Stop waiting, from anywhere in the queue."""
        at = data.draw(st.integers(0, len(self.queue) - 1))
        waiter = self.queue[at]
        del self.queue[at]
        self.places.forget(waiter)
        self.places.forget(waiter)

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        """Have one whose loop is closed among those who wait."""
        self.lost.append(self.queue[data.draw(st.integers(0, len(self.queue) - 1))])

    @precondition(lambda self: any(self.inside))
    @rule(data=st.data())
    def return_unused(self, data: st.DataObject) -> None:
        """Cancelled between being handed a place and taking it."""
        joined = [each for each in self.inside if each]
        waiter = joined[data.draw(st.integers(0, len(joined) - 1))]
        self.inside.remove(waiter)
        self.places.forget(waiter)
        self.places.forget(waiter)

    @precondition(lambda self: self.inside)
    @rule()
    def leave(self) -> None:
        """End a call."""
        self.inside.pop(0)
        self.places.leave()

    @rule(limit=st.integers(1, 4))
    def resize(self, limit: int) -> None:
        """Reload with another limit."""
        self.places.resize(limit)

    @invariant()
    def as_many_as_the_model(self) -> None:
        """Nothing is lost, and who waits does so only while all places are taken."""
        if hasattr(self, "places"):
            assert self.places.usage == len(self.inside)
            assert self.places.waiting == len(self.queue)
            assert not self.queue or self.places.usage >= self.places.limit


TestPlaces = PlacesMachine.TestCase
TestPlaces.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


@settings(max_examples=60)
@given(
    limit=st.integers(1, 3),
    wait=st.sampled_from([0.0, 1.0, 5.0]),
    calls=st.lists(
        st.tuples(
            st.sampled_from([0.0, 0.5, 1.0, 2.0]),  # begins
            st.sampled_from([0.0, 0.5, 1.0, 3.0]),  # takes
            st.none() | st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 3.0]),  # cancelled at
        ),
        min_size=1,
        max_size=12,
    ),
)
def test_no_interleaving_of_tasks_loses_a_place(
    limit: int, wait: float, calls: list[tuple[float, float, float | None]]
) -> None:
    """Tasks that wait, time out and are cancelled in the same instants leave all places free."""
    clock = ManualClock()
    runtime = clock.runtime()
    places = Places(limit)
    inside = 0

    async def call(begins: float, takes: float) -> None:
        nonlocal inside
        await clock.async_sleep(begins)
        try:
            await _async.enter(places, wait, runtime, "psp")
        except BulkheadFullError:
            return
        inside += 1
        try:
            assert inside <= limit
            await clock.async_sleep(takes)
        finally:
            inside -= 1
            places.leave()

    async def cancel(task: asyncio.Task[None], at: float | None) -> None:
        if at is not None:
            await clock.async_sleep(at)
            task.cancel()
        await asyncio.wait([task])

    async def main() -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(call(begins, takes)) for begins, takes, _ in calls]
        await asyncio.gather(
            *(cancel(task, at) for task, (_, _, at) in zip(tasks, calls, strict=True))
        )
        return tasks

    for task in asyncio.run(main()):
        assert task.cancelled() or task.exception() is None
    assert (places.usage, places.waiting) == (0, 0)


def test_threads_and_two_event_loops_share_the_places() -> None:
    """Whoever waits, thread or task, gets its turn; never more than the limit are inside."""
    places, limit, rounds = Places(3), 3, 150
    lock = threading.Lock()
    inside = most = done = 0
    failures: list[BaseException] = []
    runtime = Runtime()

    def came() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)

    def went() -> None:
        nonlocal inside, done
        with lock:
            inside -= 1
            done += 1
        places.leave()

    def thread() -> None:
        for _ in range(rounds):
            _sync.enter(places, 30.0, runtime, "psp")
            came()
            went()

    async def task(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(rounds // 5):
            await _async.enter(places, 30.0, runtime, "psp")
            came()
            if chance.random() < 0.5:
                await asyncio.sleep(0)
            went()

    async def loop() -> None:
        await asyncio.gather(*(task(seed) for seed in range(5)))

    def guarded(run: object) -> None:
        try:
            asyncio.run(loop()) if run == "loop" else thread()
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            failures.append(error)

    threads = [
        threading.Thread(target=guarded, args=[kind], daemon=True)
        for kind in ("loop", "loop", "thread", "thread", "thread", "thread")
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
        assert not each.is_alive()
    assert failures == []
    assert done == 6 * rounds
    assert 1 <= most <= limit
    assert (places.usage, places.waiting) == (0, 0)
