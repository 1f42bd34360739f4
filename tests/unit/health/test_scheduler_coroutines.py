"""Checks that are coroutines: where they run, and what a blocked or lost loop says of them."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.waiting import eventually
from tests.support.watched import Kept, scheduled

from ninefold.health import Finding
from ninefold.health._schedule import GRACE


class AppLoop:
    """An application's event loop, on a thread of its own, that can be blocked for a while."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    @contextmanager
    def blocked(self) -> Iterator[None]:
        """Have it do nothing else meanwhile."""
        begun, go = threading.Event(), threading.Event()

        def block() -> None:
            begun.set()
            go.wait(60)

        self.loop.call_soon_threadsafe(block)
        assert begun.wait(15)
        try:
            yield
        finally:
            go.set()

    def waiting(self) -> int:
        """How many callbacks wait on it."""
        return len(self.loop._ready)  # type: ignore[attr-defined]  # asyncio does not tell otherwise

    def end(self) -> None:
        """Cancel what runs on it, and close it."""

        async def cancel() -> None:
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=15) if tasks else None

        asyncio.run_coroutine_threadsafe(cancel(), self.loop).result(15)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(15)
        self.loop.close()


@contextmanager
def app_loop() -> Iterator[AppLoop]:
    """An application's loop that ends with the test, if the test did not end it."""
    app = AppLoop()
    try:
        yield app
    finally:
        if not app.loop.is_closed():
            app.end()


def test_a_coroutine_runs_on_the_applications_loop_in_a_context_of_its_own() -> None:
    """Clients of the application belong to its loop; what set a context there is none of it."""
    variable = contextvars.ContextVar("variable", default="unset")
    seen: list[tuple[asyncio.AbstractEventLoop, str]] = []

    async def run(_: float) -> Finding:
        seen.append((asyncio.get_running_loop(), variable.get()))
        variable.set("set")
        return Finding("degraded", "slow")

    def tick(now: float) -> None:
        variable.set("set by the scheduler's thread")
        ticks.append(now)

    ticks: list[float] = []
    kept = Kept(run)
    with app_loop() as app, scheduled(kept, loop=lambda: app.loop, tick=tick) as made:
        made.ticks = ticks
        told = kept.eventually_told(1)
        assert (told.outcome, told.finding) == ("success", Finding("degraded", "slow"))
        made.pass_by(12)
        kept.eventually_told(2)
        assert seen == [(app.loop, "unset")] * 2


def test_without_an_application_they_share_one_loop_of_ours() -> None:
    """Scripts and threaded servers have no loop; it ends when the scheduler does."""
    seen: list[asyncio.AbstractEventLoop] = []

    async def run(_: float) -> Finding:
        seen.append(asyncio.get_running_loop())
        return Finding()

    one, other = Kept(run), Kept(run)
    with scheduled(one, other) as made:
        made.pass_by(1)
        one.eventually_told(1)
        other.eventually_told(1)
        assert len(set(seen)) == 1
    eventually(seen[0].is_closed, wanted="its loop's end")


def test_the_loop_is_asked_for_at_each_probe() -> None:
    """The application's loop is used from the moment at which there is one."""
    seen: list[asyncio.AbstractEventLoop] = []
    given: list[asyncio.AbstractEventLoop] = []

    async def run(_: float) -> Finding:
        seen.append(asyncio.get_running_loop())
        return Finding()

    kept = Kept(run)
    with app_loop() as app, scheduled(kept, loop=lambda: given[0] if given else None) as made:
        kept.eventually_told(1)
        given.append(app.loop)
        made.pass_by(12)
        kept.eventually_told(2)
        assert seen[0] is not app.loop
        assert seen[1] is app.loop


def test_one_that_takes_too_long_is_cancelled_and_probed_again() -> None:
    """It is told as timed out, and gives up what it holds; then it has its next probe."""
    ends: list[str] = []

    async def run(_: float) -> Finding:
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("ended")
        return Finding()

    kept = Kept(run)
    with app_loop() as app, scheduled(kept, loop=lambda: app.loop) as made:
        for number in (1, 2):
            made.pass_by(2)
            told = kept.eventually_told(number)
            assert (told.outcome, told.stuck, told.took) == ("timeout", False, 2.0)
            eventually(lambda number=number: len(ends) == number)  # type: ignore[misc]
            made.pass_by(10)


def test_one_that_ignores_its_cancellation_is_stuck() -> None:
    """As a thread that hangs: told at each due probe, never begun a second time."""
    begun: list[int] = []
    go = threading.Event()

    async def run(_: float) -> Finding:
        begun.append(1)
        while not go.is_set():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                continue
        return Finding()

    kept = Kept(run)
    with app_loop() as app, scheduled(kept, loop=lambda: app.loop) as made:
        eventually(lambda: begun)
        made.pass_by(2)
        assert not kept.eventually_told(1).stuck
        for number in (2, 3, 4):
            made.pass_by(12)
            told = kept.eventually_told(number)
            assert (told.outcome, told.stuck) == ("timeout", True)
        assert begun == [1]
        go.set()
        made.pass_until(lambda: kept.told[-1].outcome == "success")


def test_a_blocked_loop_is_no_evidence_and_nothing_piles_up_on_it() -> None:
    """What it never began was not asked; one callback waits there, however often it was due."""
    begun: list[int] = []

    async def run(_: float) -> Finding:
        begun.append(1)
        return Finding()

    kept = Kept(run)
    with app_loop() as app, scheduled(kept, loop=lambda: app.loop, start=False) as made:
        with app.blocked():
            before = app.waiting()
            made.scheduler.start()
            eventually(lambda: app.waiting() == before + 1)
            made.pass_by(2)
            for number in range(1, 30):
                assert kept.eventually_told(number).outcome == "cancelled"
                made.pass_by(12)
            assert app.waiting() == before + 1
        made.pass_until(lambda: kept.told[-1].outcome == "success")
        outcomes = [each.outcome for each in kept.told]
        assert set(outcomes) == {"cancelled", "success"}
        assert len(begun) == outcomes.count("success"), "one that was called off was begun"


def test_a_loop_that_is_blocked_by_others_once_it_had_begun_is_no_evidence() -> None:
    """The answer may have come long ago: nobody was there to take it."""
    begun = threading.Event()

    async def run(_: float) -> Finding:
        begun.set()
        await asyncio.Event().wait()
        return Finding()

    kept = Kept(run)
    with app_loop() as app, scheduled(kept, loop=lambda: app.loop) as made:
        assert begun.wait(15)
        with app.blocked():
            made.pass_by(2)
            assert kept.told == []
            made.pass_by(GRACE)
            assert kept.eventually_told(1).outcome == "cancelled"
            made.pass_by(12)
            assert kept.eventually_told(2).outcome == "cancelled"


def test_a_coroutine_that_blocks_its_loop_is_stuck_and_the_others_go_on() -> None:
    """Who holds the loop is known; on our own loop others are not held up for longer than once."""
    begun: list[int] = []
    go = threading.Event()

    async def block(_: float) -> Finding:
        begun.append(1)
        go.wait(60)
        return Finding()

    async def run(_: float) -> Finding:
        return Finding()

    blocking, kept = Kept(block), Kept(run)
    with scheduled(blocking) as made:
        try:
            eventually(lambda: begun)
            made.scheduler.add(kept)
            made.pass_by(1)  # after this tick it is known to be due, and has been begun
            made.pass_by(2)
            assert kept.eventually_told(1).outcome == "cancelled"
            for number in (2, 3, 4):
                made.pass_by(12)
                assert kept.eventually_told(number).outcome == "success"
            assert {(each.outcome, each.stuck) for each in blocking.told} == {("timeout", True)}
            assert begun == [1]
        finally:
            go.set()


def test_our_loop_is_left_to_one_that_blocks_it_before_its_own_time_is_over() -> None:
    """Others have their results within their own timeouts, however long that of the one is."""
    begun, go = threading.Event(), threading.Event()

    async def block(_: float) -> Finding:
        begun.set()
        go.wait(60)
        return Finding()

    async def run(_: float) -> Finding:
        return Finding()

    blocking, kept = Kept(block, timeout=100_000), Kept(run)
    with scheduled(blocking) as made:
        try:
            assert begun.wait(15)
            made.scheduler.add(kept)
            made.pass_by(1)  # after this tick it is known to be due, and has been begun
            made.pass_by(2)
            assert kept.eventually_told(1).outcome == "cancelled"
            made.pass_by(12)
            assert kept.eventually_told(2).outcome == "success"
            assert blocking.told == []
        finally:
            go.set()


def test_one_that_waited_when_another_blocked_our_loop_goes_on_elsewhere() -> None:
    """It had begun, and cannot go on: nothing is known of it, and it is begun anew."""
    waits, blocks, go = threading.Event(), threading.Event(), threading.Event()

    async def block(_: float) -> Finding:
        blocks.set()
        go.wait(60)
        return Finding()

    async def run(_: float) -> Finding:
        if not waits.is_set():
            waits.set()
            await asyncio.Event().wait()
        return Finding()

    blocking, kept = Kept(block, timeout=100_000), Kept(run)
    with scheduled(kept) as made:
        try:
            assert waits.wait(15)
            made.scheduler.add(blocking)
            assert blocks.wait(15)
            made.pass_by(2)
            made.pass_by(GRACE)
            assert kept.eventually_told(1).outcome == "cancelled"
            made.pass_by(12)
            assert kept.eventually_told(2).outcome == "success"
        finally:
            go.set()


def test_a_closed_loop_is_no_evidence_and_the_next_one_is_used() -> None:
    """An application may run one loop after another, as tests do; no probe is lost with one."""
    begun = threading.Event()

    async def run(_: float) -> Finding:
        if not begun.is_set():
            begun.set()
            await asyncio.Event().wait()
        return Finding()

    kept = Kept(run)
    with app_loop() as first, app_loop() as second:
        given = [first.loop]
        with scheduled(kept, loop=lambda: given[0]) as made:
            assert begun.wait(15)
            first.end()
            assert kept.eventually_told(1).outcome == "cancelled"
            made.pass_by(12)
            assert kept.eventually_told(2).outcome == "cancelled"
            assert {type(each) for each in made.faults} == {RuntimeError}
            made.faults.clear()
            given[0] = second.loop
            made.pass_by(12)
            assert kept.eventually_told(3).outcome == "success"


def test_a_loop_that_was_left_does_not_keep_a_check() -> None:
    """One that stopped without a word has what was begun there; the next loop has the check.

    Should the first one go on after all, what it says counts for nothing.
    """
    begun: list[asyncio.AbstractEventLoop] = []
    ended, go = threading.Event(), threading.Event()

    async def run(_: float) -> Finding:
        begun.append(asyncio.get_running_loop())
        if len(begun) == 1:
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()
        while not go.is_set():  # noqa: ASYNC110 - another thread sets it
            await asyncio.sleep(0.01)
        return Finding()

    kept = Kept(run)
    with app_loop() as first, app_loop() as second:
        given = [first.loop]
        with scheduled(kept, loop=lambda: given[0]) as made:
            eventually(lambda: begun)
            first.loop.call_soon_threadsafe(first.loop.stop)
            first.thread.join(15)
            made.pass_by(2)
            made.pass_by(GRACE)
            assert kept.eventually_told(1).outcome == "cancelled"
            given[0] = second.loop
            made.pass_by(12)
            eventually(lambda: begun == [first.loop, second.loop])
            first.thread = threading.Thread(target=first.loop.run_forever, daemon=True)
            first.thread.start()
            assert ended.wait(15)
            made.pass_by(1)
            kept.eventually_told(1)
            go.set()
            assert kept.eventually_told(2).outcome == "success"


def test_what_a_coroutine_raises_is_a_failure_and_leaves_the_loop_alone() -> None:
    """Also what asyncio would end the application for, and a cancellation of its own making."""

    async def exits(_: float) -> Finding:
        raise SystemExit("no")

    async def cancels(_: float) -> Finding:
        inner = asyncio.get_running_loop().create_future()
        inner.cancel()
        await inner
        return Finding()

    one, other = Kept(exits), Kept(cancels)
    with app_loop() as app, scheduled(one, other, loop=lambda: app.loop) as made:
        made.pass_by(1)
        told = one.eventually_told(1)
        assert (told.outcome, told.error, told.detail) == ("failure", "SystemExit", "no")
        assert other.eventually_told(1).outcome == "failure"
        assert app.thread.is_alive()


def test_a_removed_one_is_cancelled() -> None:
    """Whoever removes it may close what it uses."""
    begun, ended = threading.Event(), threading.Event()

    async def run(_: float) -> Finding:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return Finding()

    kept = Kept(run)
    with app_loop() as app, scheduled(kept, loop=lambda: app.loop) as made:
        assert begun.wait(15)
        made.scheduler.remove(kept)
        assert ended.wait(15)
        made.pass_by(12)
        assert kept.told == []


def test_asking_for_the_loop_may_fail() -> None:
    """It is somebody else's code: no evidence, a fault, and the next probe asks again."""
    broken = [True]

    def loop() -> None:
        if broken[0]:
            raise LookupError("no loop")

    async def run(_: float) -> Finding:
        return Finding()

    kept = Kept(run)
    with scheduled(kept, loop=loop) as made:
        assert kept.eventually_told(1).outcome == "cancelled"
        assert [type(each) for each in made.faults] == [LookupError]
        made.faults.clear()
        broken[0] = False
        made.pass_by(12)
        assert kept.eventually_told(2).outcome == "success"


def test_asking_for_the_loop_may_fail_while_one_hangs() -> None:
    """Then nobody knows whether it is lost: a fault at each due probe, and all else goes on."""
    begun: list[int] = []
    broken: list[bool] = []
    go = threading.Event()

    async def run(_: float) -> Finding:
        begun.append(1)
        while not go.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)
        return Finding()

    with app_loop() as app:

        def loop() -> asyncio.AbstractEventLoop:
            if broken:
                raise LookupError("no loop")
            return app.loop

        kept = Kept(run)
        with scheduled(kept, loop=loop) as made:
            eventually(lambda: begun)
            made.pass_by(2)
            kept.eventually_told(1)
            broken.append(True)
            for _ in range(3):
                made.pass_by(12)
            assert {type(each) for each in made.faults} == {LookupError}
            assert len(made.faults) <= 3
            assert begun == [1]
            go.set()
            broken.clear()
            made.pass_until(lambda: kept.told[-1].outcome == "success")
            made.faults.clear()
