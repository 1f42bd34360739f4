"""Heartbeats of a WSGI server's threads: who is blocked, and who only has much to do."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from tests.support.waiting import eventually

import ninefold as nf
from ninefold.service import Heartbeats
from ninefold.sli.process import EventLoops
from ninefold.telemetry._workers import Board
from ninefold.testing import CapturedTelemetry, ManualClock

Found = tuple[int, float]


@pytest.fixture
def clock() -> ManualClock:
    """Seconds that no wall clock knows."""
    return ManualClock()


@pytest.fixture
def service(telemetry: CapturedTelemetry) -> nf.Service:
    """A service of which the heartbeats are asked here."""
    return telemetry.service


def heartbeats(service: nf.Service, clock: ManualClock) -> Heartbeats:
    """Heartbeats of a process that serves alone."""
    board = Board("alone", "off")
    return Heartbeats(service.settings, EventLoops(service.telemetry), board, clock.now)


def test_threads_are_blocked_once_all_of_them_are(service: nf.Service, clock: ManualClock) -> None:
    """As many requests under way as there are threads, and no beat for longer than is allowed."""
    beats = heartbeats(service, clock)
    found: list[Found] = [(0, 0.0)]
    beats.serve_threads(lambda: found[0], single=True)
    clock.advance(service.settings.heartbeat_timeout + 1)
    assert beats.missed() is None
    found[0] = (1, 0.0)
    assert beats.missed() == "all 1 workers have been blocked for 31 s"
    found[0] = (1, 10.0)
    assert beats.missed() is None


def test_nothing_is_said_of_threads_whose_number_is_unknown(
    service: nf.Service, clock: ManualClock
) -> None:
    """A few long requests look the same."""
    beats = heartbeats(service, clock)
    beats.serve_threads(lambda: (100, 0.0), single=False)
    clock.advance(1_000)
    assert beats.missed() is None


def test_applications_of_one_server_share_its_threads(
    service: nf.Service, clock: ManualClock
) -> None:
    """What is under way in all of them counts, and a beat of any of them; each is asked once."""
    beats = heartbeats(service, clock)
    first: list[Found] = [(1, 0.0)]
    second: list[Found] = [(0, 0.0)]

    def of_first() -> Found:
        return first[0]

    beats.serve_threads(of_first, single=True)
    beats.serve_threads(lambda: second[0], single=True)
    beats.serve_threads(of_first, single=True)
    clock.advance(31)
    assert beats.missed() == "all 1 workers have been blocked for 31 s"
    second[0] = (0, 30.0)
    assert beats.missed() is None


def served(app: Any, environ: dict[str, Any]) -> Iterable[bytes]:
    """The body that a server of one thread would send."""
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.multithread": False,
        **environ,
    }
    body: Iterable[bytes] = app(environ, lambda *_: lambda _: None)
    return body


def test_they_are_watched_where_the_service_was_started_by_hand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a first request builds is there already; the threads are told of all the same."""
    monkeypatch.setenv("NINEFOLD_HEARTBEAT_TIMEOUT", "0.2")
    entered, go = threading.Event(), threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        entered.set()
        go.wait(60)
        start_response("200 OK", [])
        return []

    service = nf.setup("by-hand")
    try:
        served_app = service.instrument(app)
        service.start()
        busy = threading.Thread(target=served, args=(served_app, {}))
        busy.start()
        entered.wait(60)
        eventually(lambda: service.health.overall().live is False, wanted="it is dead")
        go.set()
        busy.join()
        assert service.health.overall().live
    finally:
        go.set()
        service.shutdown()


def test_a_part_of_an_answer_is_a_beat(service: nf.Service) -> None:
    """A download that takes longer than is allowed is work, and not a thread that is blocked."""

    def parts() -> Iterator[bytes]:
        for _ in range(3):
            yield b"part"

    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        return parts()

    wrapped: Any = service.instrument(app)
    seen: list[float] = []
    for _ in served(wrapped, {}):
        under_way, at = wrapped.server.under_way()
        assert under_way == 1
        seen.append(at)
    assert seen == sorted(set(seen))
    assert len(seen) == 3
