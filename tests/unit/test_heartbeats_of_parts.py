"""Heartbeats: whether the process still serves, told by its loops and threads alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from tests.support.states import started
from tests.support.virtual_loop import VirtualLoop

from ninefold.config import load
from ninefold.service._heartbeats import OTHERS_WITHIN, Heartbeats, Workers
from ninefold.sli.process import EventLoops
from ninefold.sli.process._engine import PERIOD
from ninefold.telemetry._workers import Board
from ninefold.testing import ManualClock

ALONE = Board("shop", "off")


class Team:
    """The board of a server whose other workers beat, or do not."""

    def __init__(self, *, serves: bool) -> None:
        self.serves = serves
        self.beats = 0
        self.within: list[float] = []

    def beat(self) -> None:
        """Note it."""
        self.beats += 1

    def others_beat(self, within: float) -> bool:
        """Whether they do."""
        self.within.append(within)
        return self.serves


class Threads:
    """A WSGI server's threads: how many requests are under way, and since when."""

    def __init__(self) -> None:
        self.under_way, self.at = 0, 0.0

    def __call__(self) -> tuple[int, float]:
        return self.under_way, self.at


class Parts:
    """Heartbeats, and what they go by."""

    def __init__(self, loops: EventLoops, clock: ManualClock) -> None:
        self.loops, self.clock = loops, clock

    def heartbeats(self, *, board: object = ALONE, **said: float) -> Heartbeats:
        """Heartbeats with these settings."""
        settings = load(code={"name": "shop", **said})
        return Heartbeats(settings, self.loops, board, self.clock.now)  # type: ignore[arg-type]  # a board is what answers as one


@pytest.fixture
def parts() -> Iterator[Parts]:
    """Loops and threads on one clock, that the test moves."""
    clock = ManualClock(automatic=False)
    with started() as (service, _):
        loops = EventLoops(service.telemetry, clock.runtime())
        yield Parts(loops, clock)
        loops.stop()


def test_where_nothing_serves_nothing_is_missed(parts: Parts) -> None:
    """A consumer, or a server before its first request: there is nobody who could be blocked."""
    beats = parts.heartbeats()
    assert beats.missed() is None
    parts.clock.advance(1e6)
    assert beats.missed() is None


@pytest.mark.parametrize("allowed", [30.0, 5.0])
def test_a_loop_that_is_blocked_for_longer_than_is_allowed_is_told(
    parts: Parts, allowed: float
) -> None:
    """Neither sooner, nor once it runs again, nor when it has ended."""
    beats = parts.heartbeats(heartbeat_timeout=allowed)

    async def main() -> None:
        parts.loops.watch()
        parts.clock.advance(PERIOD + allowed)
        assert beats.missed() is None
        parts.clock.advance(1)
        told = beats.missed()
        assert told == f"the event loop has been blocked for {allowed + 1:.0f} s"
        await asyncio.sleep(1)
        assert beats.missed() is None
        parts.clock.advance(1000)
        assert beats.missed() is not None

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(parts.clock)) as runner:
        runner.run(main())
    assert beats.missed() is None


def test_of_several_loops_the_most_belated_decides(parts: Parts) -> None:
    """Requests that come to it have no answer, whatever the others do."""
    beats = parts.heartbeats()
    blocked, leave = threading.Event(), threading.Event()

    async def block() -> None:
        parts.loops.watch()
        blocked.set()
        leave.wait(60)

    async def main() -> None:
        parts.clock.advance(40)
        parts.loops.watch()
        assert beats.missed() == "the event loop has been blocked for 40 s"
        leave.set()
        await asyncio.to_thread(thread.join)
        assert beats.missed() is None

    thread = threading.Thread(target=asyncio.run, args=[block()])
    thread.start()
    try:
        assert blocked.wait(15)
        asyncio.run(main())
    finally:
        leave.set()
        thread.join()


@pytest.mark.parametrize(
    ("under_way", "idle", "why"),
    [
        (3, 30.0, None),
        (3, 30.5, "all 3 workers have been blocked for 30 s"),
        (4, 99.0, "all 3 workers have been blocked for 99 s"),
        (2, 1e6, None),
        (0, 1e6, None),
    ],
)
def test_threads_are_blocked_when_all_are_busy_and_nothing_comes_or_goes(
    parts: Parts, under_way: int, idle: float, why: str | None
) -> None:
    """A free one, and one that has just begun or ended, both say that it goes on."""
    beats, threads = parts.heartbeats(worker_threads=3), Threads()
    beats.serve_threads(threads, single=False)
    threads.under_way, threads.at = under_way, parts.clock.now()
    parts.clock.advance(idle)
    assert beats.missed() == why
    threads.at = parts.clock.now()
    assert beats.missed() is None


def test_of_threads_that_nobody_has_counted_nothing_is_said(parts: Parts) -> None:
    """A few long requests look the same as a server all of whose threads are blocked."""
    beats, threads = parts.heartbeats(), Threads()
    beats.serve_threads(threads, single=False)
    threads.under_way = 1000
    parts.clock.advance(1e6)
    assert beats.missed() is None


def test_a_server_that_serves_one_at_a_time_is_known(parts: Parts) -> None:
    """It says so itself (`wsgi.multithread`); what is set wins over it."""
    threads = Threads()
    threads.under_way = 1
    for said, is_missed in (({}, True), ({"worker_threads": 2}, False)):
        beats = parts.heartbeats(**said)
        beats.serve_threads(threads, single=True)
        beats.serve_threads(threads, single=False)
        threads.at = parts.clock.now()
        parts.clock.advance(31)
        assert (beats.missed() is not None) == is_missed


def test_as_long_as_another_worker_serves_nothing_is_missed(parts: Parts) -> None:
    """Who is asked answers for all; and who does not serve does not say that it does."""
    team, threads = Team(serves=True), Threads()
    beats = parts.heartbeats(board=team, worker_threads=1)
    beats.serve_threads(threads, single=False)
    threads.under_way = 1
    beats.beat()
    assert (beats.missed(), team.beats, team.within) == (None, 1, [])
    parts.clock.advance(31)
    beats.beat()
    assert (beats.missed(), team.beats, team.within) == (None, 1, [OTHERS_WITHIN])
    team.serves = False
    assert beats.missed() == "all 1 workers have been blocked for 31 s"
    threads.under_way = 0
    beats.beat()
    assert (beats.missed(), team.beats) == (None, 2)


def test_the_other_workers_are_what_the_board_tells_of(parts: Parts) -> None:
    """Alone there is none, and what is said goes nowhere."""
    workers = Workers(ALONE, parts.heartbeats())
    workers.beat()
    workers.drain()
    workers.leave()
    assert not workers.is_draining()
    assert not workers.serve()
