"""The lag of event loops: told while they are blocked, after that, and of none that has ended."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support.child import run
from tests.support.states import Told, started
from tests.support.virtual_loop import VirtualLoop

from ninefold.integrations.asgi import AsgiMiddleware
from ninefold.sli.process import EventLoops
from ninefold.sli.process._engine import KEPT, PERIOD
from ninefold.testing import ManualClock

Collect = Callable[[], Told]


def lag(collect: Collect) -> float | None:
    """The lag that a reader is told, if any."""
    return collect().points("ninefold.event_loop.lag").get(())


@pytest.fixture
def clock() -> ManualClock:
    """The clock that loops and lag go by."""
    return ManualClock(automatic=False)


@pytest.fixture
def parts(clock: ManualClock) -> Iterator[tuple[EventLoops, Collect]]:
    """What watches loops by `clock`, and what collects it."""
    with started() as (service, collect):
        yield EventLoops(service.telemetry, clock.runtime()), collect


def test_a_loop_that_was_blocked_shows_by_how_much(
    parts: tuple[EventLoops, Collect], clock: ManualClock
) -> None:
    """A prompt loop has no lag; the peak stays for a minute and is gone after two."""
    loops, collect = parts

    async def main() -> None:
        loops.watch()
        await asyncio.sleep(10)
        assert lag(collect) == pytest.approx(0.0, abs=1e-6)
        clock.advance(3)
        await asyncio.sleep(1)
        assert 3 - PERIOD <= (lag(collect) or 0) <= 3
        await asyncio.sleep(KEPT - 5)
        assert 3 - PERIOD <= (lag(collect) or 0) <= 3
        await asyncio.sleep(KEPT + 10)
        assert lag(collect) == pytest.approx(0.0, abs=1e-6)

    _run(VirtualLoop(clock), main())


def test_a_loop_that_is_blocked_is_seen_by_another_thread(
    parts: tuple[EventLoops, Collect], clock: ManualClock
) -> None:
    """A reader does not wait for the loop that it tells of."""
    loops, collect = parts
    blocked, leave = threading.Event(), threading.Event()

    async def main() -> None:
        loops.watch()
        blocked.set()
        leave.wait()

    thread = threading.Thread(target=asyncio.run, args=[main()])
    thread.start()
    try:
        assert blocked.wait(30)
        clock.advance(5)
        assert lag(collect) == 5 - PERIOD
    finally:
        leave.set()
        thread.join()
    assert lag(collect) is None


def test_of_several_loops_the_latest_counts(
    parts: tuple[EventLoops, Collect], clock: ManualClock
) -> None:
    """Loops of several threads at once are told as one, by the greatest lag."""
    loops, collect = parts
    gates = [(threading.Event(), threading.Event()) for _ in range(3)]

    async def main(watched: threading.Event, leave: threading.Event) -> None:
        loops.watch()
        loops.watch()
        watched.set()
        leave.wait()

    threads = [threading.Thread(target=asyncio.run, args=[main(*gate)]) for gate in gates]
    for thread, (watched, _) in zip(threads, gates, strict=True):
        thread.start()
        assert watched.wait(30)
        clock.advance(1)
    assert len(loops.watched) == 3
    expected = 3 - PERIOD
    for thread, (_, leave) in zip(threads, gates, strict=True):
        assert lag(collect) == expected
        leave.set()
        thread.join()
        expected -= 1
    assert lag(collect) is None
    assert loops.watched == {}


def test_a_loop_that_is_watched_ends_as_ever(parts: tuple[EventLoops, Collect]) -> None:
    """`asyncio.run` waits for nothing of ours, and a loop that was closed is let go of."""
    loops, collect = parts
    seen: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    async def main() -> None:
        loops.watch()
        seen.append(weakref.ref(asyncio.get_running_loop()))

    asyncio.run(main(), debug=True)
    assert lag(collect) is None
    asyncio.run(main())
    gc.collect()
    assert seen[0]() is None
    assert len(loops.watched) == 1


def test_a_pause_is_no_lag(parts: tuple[EventLoops, Collect], clock: ManualClock) -> None:
    """A loop that is stopped is not told of, and when it runs again it begins anew."""
    loops, collect = parts
    loop = VirtualLoop(clock)

    async def main(again: bool) -> None:
        if again:
            loops.watch()
        await asyncio.sleep(2)

    try:
        loop.run_until_complete(main(again=True))
        for again in (False, True):
            clock.advance(30)
            assert lag(collect) is None
            loop.run_until_complete(main(again))
            assert len(loops.watched) == 1
            loop.run_until_complete(_told(collect))
    finally:
        loop.close()


async def _told(collect: Collect) -> None:
    assert lag(collect) == pytest.approx(0.0, abs=1e-6)


def test_a_tick_keeps_nothing_of_the_request_that_began_it(
    parts: tuple[EventLoops, Collect],
) -> None:
    """Context variables of the first request do not live as long as the loop."""
    loops, _ = parts

    class Thing:
        pass

    variable: contextvars.ContextVar[Thing] = contextvars.ContextVar("variable")

    async def request() -> weakref.ref[Thing]:
        thing = Thing()
        variable.set(thing)
        loops.watch()
        return weakref.ref(thing)

    async def main() -> None:
        seen = await asyncio.create_task(request())
        # The turn of the loop that ended the task still holds its context.
        await asyncio.sleep(0)
        gc.collect()
        assert seen() is None

    asyncio.run(main())


def test_without_a_loop_nothing_is_watched(parts: tuple[EventLoops, Collect]) -> None:
    """A thread without asyncio's loop, as trio's, is left alone."""
    loops, collect = parts
    assert not loops.watch()
    assert loops.watched == {}
    assert lag(collect) is None


def test_a_loop_without_timers_is_tried_once(parts: tuple[EventLoops, Collect]) -> None:
    """Its error is counted, and costs neither the request nor each one after it."""
    loops, collect = parts

    class Timeless(asyncio.SelectorEventLoop):
        def call_later(self, *args: Any, **kwargs: Any) -> Any:
            raise NotImplementedError

    async def main() -> None:
        loops.watch()
        loops.watch()
        assert collect().dropped("internal_error") == 1

    _run(Timeless(), main())


def test_ticks_end_with_the_service(parts: tuple[EventLoops, Collect], clock: ManualClock) -> None:
    """After `stop` the loop has no timer of ours, and none is watched any more."""
    loops, _ = parts
    loop = VirtualLoop(clock)

    async def main() -> None:
        loops.watch()
        await asyncio.sleep(1)
        loops.stop()
        await asyncio.sleep(1)
        assert not [one for one in loop._scheduled if not one.cancelled()]  # type: ignore[attr-defined]  # asyncio's own list
        loops.watch()
        assert loops.watched == {}

    _run(loop, main())


async def _app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _call(app: Any, kind: str) -> None:
    async def receive() -> dict[str, str]:
        return {"type": "lifespan.startup"}

    async def send(message: dict[str, Any]) -> None:
        del message

    scope = {"type": kind, "method": "GET", "path": "/", "http_version": "1.1", "headers": []}
    await app(scope, receive, send)


@pytest.mark.parametrize("kind", ["lifespan", "http"])
def test_the_loop_that_serves_is_watched(kind: str) -> None:
    """From its start-up on, or, where a server tells of none, from its first request on."""
    with started() as (service, collect):
        app = service.instrument(_app)

        async def main() -> None:
            assert lag(collect) is None
            await _call(app, kind)
            assert list(service.event_loops.watched) == [asyncio.get_running_loop()]
            assert lag(collect) is not None

        asyncio.run(main())
        asyncio.run(main())


def test_after_a_start_up_requests_look_for_no_loop() -> None:
    """What the start-up told need not be asked on every request."""
    with started() as (service, _):
        app = service.instrument(_app)
        assert isinstance(app, AsgiMiddleware)
        asyncio.run(_call(app, "lifespan"))
        assert app.server.loops is None


def test_after_the_end_requests_look_for_no_loop() -> None:
    """An application that is served on after `shutdown` is not watched, nor slowed."""
    with started() as (service, _):
        app = service.instrument(_app)
        assert isinstance(app, AsgiMiddleware)
        asyncio.run(_call(app, "http"))
        assert app.server.loops is not None
        service.shutdown()
        asyncio.run(_call(app, "http"))
        assert app.server.loops is None
        assert service.event_loops.watched == {}


def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `process_metrics` false nothing is told of lag; loops are watched, for liveness."""
    monkeypatch.setenv("NINEFOLD_PROCESS_METRICS", "false")
    with started() as (service, collect):
        app = service.instrument(_app)

        async def main() -> None:
            await _call(app, "http")
            assert list(service.event_loops.watched) == [asyncio.get_running_loop()]
            assert service.event_loops.overdue() is not None

        assert isinstance(app, AsgiMiddleware)
        asyncio.run(main())
        assert service.event_loops.overdue() is None
        assert lag(collect) is None


def test_a_service_without_a_loop_loads_no_asyncio() -> None:
    """A Flask or command-line service does not pay for it."""
    run(
        """
        import sys
        import opentelemetry.sdk.metrics, opentelemetry.sdk.trace  # older ones load it themselves
        before = "asyncio" in sys.modules
        import ninefold as nf
        service = nf.setup("plain")
        service.event_loops.watch()
        assert ("asyncio" in sys.modules) == before
        """
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="by design: this platform does not fork")
def test_a_forked_child_has_no_loop_of_the_parents() -> None:
    """A loop that was running in the parent is not told of as blocked in the child."""
    with started() as (service, _):
        loops = service.event_loops

        async def main() -> int:
            loops.watch()
            assert len(loops.watched) == 1
            pid = os.fork()
            if pid == 0:
                os._exit(len(loops.watched))
            return pid

        assert os.waitpid(asyncio.run(main()), 0)[1] == 0


def _run(loop: asyncio.AbstractEventLoop, main: Any) -> None:
    try:
        loop.run_until_complete(main)
    finally:
        loop.close()
