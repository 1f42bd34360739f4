"""The spans of served requests: their names, parents, sampling and failures, on every driver."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextvars import copy_context
from typing import Any

import pytest
from fastapi import FastAPI
from flask import Flask, Response
from opentelemetry import baggage, propagate, trace
from opentelemetry.context import get_current
from opentelemetry.propagators.b3 import B3SingleFormat
from opentelemetry.trace import SpanKind, StatusCode
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

import ninefold as nf

Collect = Callable[..., Any]
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
KEPT, DROPPED = f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00"
SECRET = "password=hunter2"


class Surroundings:
    """What the code of a request saw around itself."""

    def __init__(self) -> None:
        self.trace_ids: list[int] = []
        self.headers: list[dict[str, str]] = []

    def look(self) -> None:
        """Note the present trace, and what a call onward would carry."""
        self.trace_ids.append(trace.get_current_span().get_span_context().trace_id)
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        self.headers.append(carrier)


Ask = Callable[..., int]
"""Ask an application for a path, with headers; the status it answered."""


def asgi_ask(app: Any) -> Ask:
    """A client of an ASGI application, in an event loop of its own."""

    async def ask_async(path: str, headers: Mapping[str, str]) -> int:
        statuses = []
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if asked:
                await asyncio.Event().wait()
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"password=hunter2",
            "root_path": "",
            "headers": [
                (b"host", b"shop.example:8080"),
                *((key.encode(), value.encode("latin-1")) for key, value in headers.items()),
            ],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 80),
        }
        before = get_current()
        try:
            await app(scope, receive, send)
        except Boom:
            statuses.append(500)
        assert get_current() == before
        return int(statuses[0])

    def ask(path: str, headers: Mapping[str, str] | None = None) -> int:
        return asyncio.run(ask_async(path, headers or {}))

    return ask


def wsgi_ask(app: Any) -> Ask:
    """A client of a WSGI application."""

    def ask(path: str, headers: Mapping[str, str] | None = None) -> int:
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": "password=hunter2",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "shop.example:8080",
            "wsgi.url_scheme": "http",
            "wsgi.errors": None,
        } | {
            f"HTTP_{key.upper().replace('-', '_')}": value for key, value in (headers or {}).items()
        }
        statuses: list[int] = []

        def start_response(status: str, *_: Any) -> Callable[[bytes], object]:
            statuses.append(int(status[:3]))
            return lambda data: data

        before = get_current()
        try:
            body = app(environ, start_response)
            for _ in body:
                assert get_current() == before
            if hasattr(body, "close"):
                body.close()
        except Boom:
            statuses.append(500)
        assert get_current() == before
        return statuses[-1]

    return ask


class Boom(Exception):
    """What handlers raise."""


def boom() -> None:
    """Raise with a text that must not be told."""
    raise Boom(SECRET)


def build_starlette(around: Surroundings) -> Starlette:
    """Routes of one parameter, one failure, one refusal and one background task."""

    async def item(request: Request) -> PlainTextResponse:
        around.look()
        with trace.get_tracer("app").start_as_current_span("child"):
            return PlainTextResponse("item")

    async def fail(request: Request) -> PlainTextResponse:
        boom()
        raise AssertionError

    async def refuse(request: Request) -> JSONResponse:
        return JSONResponse({}, 422)

    async def later() -> None:
        with trace.get_tracer("app").start_as_current_span("background"):
            around.look()

    async def background(request: Request) -> PlainTextResponse:
        around.look()
        return PlainTextResponse("", background=BackgroundTask(later))

    return Starlette(
        routes=[
            Route("/items/{id}", item),
            Route("/fail/{id}", fail),
            Route("/refuse/{id}", refuse),
            Route("/background", background),
        ]
    )


def build_fastapi(around: Surroundings) -> FastAPI:
    """The same routes for FastAPI."""
    app = FastAPI()
    for route in build_starlette(around).routes:
        assert isinstance(route, Route)
        app.add_route(route.path, route.endpoint)
    return app


def build_flask(around: Surroundings) -> Flask:
    """The same routes for Flask, and one stream."""
    app = Flask("shop")

    @app.get("/items/<id>")
    def item(id: str) -> str:
        around.look()
        with trace.get_tracer("app").start_as_current_span("child"):
            return "item"

    @app.get("/fail/<id>")
    def fail(id: str) -> str:
        boom()
        raise AssertionError

    @app.get("/refuse/<id>")
    def refuse(id: str) -> tuple[str, int]:
        return "", 422

    return app


FRAMEWORKS: dict[str, tuple[Callable[[Surroundings], Any], Callable[[Any], Ask], str]] = {
    "starlette": (build_starlette, asgi_ask, "{id}"),
    "fastapi": (build_fastapi, asgi_ask, "{id}"),
    "flask": (build_flask, wsgi_ask, "<id>"),
}


@pytest.fixture(params=list(FRAMEWORKS))
def framework(request: pytest.FixtureRequest) -> str:
    """Each framework."""
    return str(request.param)


def start(service: nf.Service, framework: str) -> tuple[Ask, Surroundings]:
    """An instrumented application, and a client of it."""
    build, client, _ = FRAMEWORKS[framework]
    around = Surroundings()
    return client(service.instrument(build(around))), around


def server_spans(seen: Any) -> list[Any]:
    """The spans of requests."""
    return [span for span in seen.spans if span.kind is SpanKind.SERVER]


def test_a_kept_request_has_one_server_span(collect: Collect, framework: str) -> None:
    """Its name is method and route, its attributes the stable ones, and no event has a span."""
    seen = collect()
    ask, _ = start(seen.service, framework)
    assert ask("/items/7") == 200
    child, server = seen.spans
    template = FRAMEWORKS[framework][2]
    assert server.name == f"GET /items/{template}"
    assert (server.kind, server.status.status_code) == (SpanKind.SERVER, StatusCode.UNSET)
    assert dict(server.attributes) == {
        "http.request.method": "GET",
        "url.scheme": "http",
        "url.path": "/items/7",
        "http.route": f"/items/{template}",
        "http.response.status_code": 200,
        "network.protocol.version": "1.1",
        "server.address": "shop.example",
        "server.port": 8080,
        "client.address": "127.0.0.1",
    }
    assert server.events == ()
    assert server.instrumentation_scope.name == "ninefold"
    assert child.parent.span_id == server.context.span_id


def test_a_client_error_is_no_error_of_the_server(collect: Collect, framework: str) -> None:
    """4xx leaves the status of a server span unset."""
    seen = collect()
    ask, _ = start(seen.service, framework)
    assert ask("/refuse/7") == 422
    [span] = server_spans(seen)
    assert span.status.status_code is StatusCode.UNSET
    assert span.attributes["http.response.status_code"] == 422
    assert "error.type" not in span.attributes


@pytest.mark.parametrize("handled", [False, True])
def test_an_exception_is_recorded_once_without_its_text(
    collect: Collect, framework: str, handled: bool
) -> None:
    """Type and stack are on the span, a handler for Exception or not; the message is nowhere."""
    seen = collect()
    build, client, template = FRAMEWORKS[framework]
    app = build(Surroundings())
    if handled and framework == "flask":
        app.register_error_handler(Exception, lambda error: Response("sorry", 503))
    elif handled:

        async def sorry(request: Request, error: Exception) -> PlainTextResponse:
            return PlainTextResponse("sorry", 503)

        app.add_exception_handler(Exception, sorry)
    ask = client(seen.service.instrument(app))
    assert ask("/fail/7") == (503 if handled else 500)
    [span] = server_spans(seen)
    assert span.name == f"GET /fail/{template}"
    assert span.status.status_code is StatusCode.ERROR
    assert not span.status.description
    assert span.attributes["http.response.status_code"] == (503 if handled else 500)
    [event] = span.events
    assert event.name == "exception"
    assert event.attributes["exception.type"].endswith("test_server_spans.Boom")
    assert "in boom" in event.attributes["exception.stacktrace"]
    assert set(event.attributes) == {"exception.type", "exception.stacktrace"}
    assert "hunter2" not in span.to_json()


def test_the_parent_comes_from_the_headers(collect: Collect, framework: str) -> None:
    """A caller's trace goes on: ids, trace state with other vendors' entries, and baggage."""
    seen = collect()
    ask, around = start(seen.service, framework)
    ask("/items/7", {"traceparent": KEPT, "tracestate": "vendor=a:b,ot=th:0", "baggage": "k=v"})
    [span] = server_spans(seen)
    assert span.parent.trace_id == int(TRACE, 16)
    assert (span.parent.span_id, span.parent.is_remote) == (int(PARENT, 16), True)
    assert span.context.trace_state.to_header() == "vendor=a:b,ot=th:0"
    [headers] = around.headers
    assert headers["traceparent"].startswith(f"00-{TRACE}-")
    assert headers["tracestate"] == "vendor=a:b,ot=th:0"
    assert headers["baggage"] == "k=v"


def test_other_propagators_are_heard(collect: Collect, framework: str) -> None:
    """With B3 the parent is read from B3's header and nothing else."""
    before = propagate.get_global_textmap()
    propagate.set_global_textmap(B3SingleFormat())
    try:
        seen = collect()
        ask, around = start(seen.service, framework)
        ask("/items/7", {"b3": f"{TRACE}-{PARENT}-1", "traceparent": f"00-{'1' * 32}-{PARENT}-01"})
        [span] = server_spans(seen)
        assert span.parent.trace_id == int(TRACE, 16)
        assert list(around.headers[0]) == ["b3"]
    finally:
        propagate.set_global_textmap(before)


def test_a_propagator_may_read_more_headers_than_it_writes(
    collect: Collect, framework: str
) -> None:
    """B3's single-header format also reads the several headers, which its `fields` do not name."""
    before = propagate.get_global_textmap()
    propagate.set_global_textmap(B3SingleFormat())
    try:
        seen = collect()
        ask, _ = start(seen.service, framework)
        ask("/items/7", {"x-b3-traceid": TRACE, "x-b3-spanid": PARENT, "x-b3-sampled": "1"})
        [span] = server_spans(seen)
        assert span.parent.trace_id == int(TRACE, 16)
    finally:
        propagate.set_global_textmap(before)


def test_a_propagator_that_throws_costs_the_parent_alone(collect: Collect, framework: str) -> None:
    """The request is served and has a span, in a trace of its own; the fault is counted."""

    class Broken(B3SingleFormat):
        def extract(self, *args: Any, **kwargs: Any) -> Any:
            raise RuntimeError("broken")

    before = propagate.get_global_textmap()
    propagate.set_global_textmap(Broken())
    try:
        seen = collect()
        ask, _ = start(seen.service, framework)
        assert ask("/items/7", {"b3": f"{TRACE}-{PARENT}-1"}) == 200
        [span] = server_spans(seen)
        assert span.parent is None
        assert seen.dropped() == {("traces", "internal_error"): 1}
    finally:
        propagate.set_global_textmap(before)


def test_a_dropped_root_has_ids_and_no_span(collect: Collect, framework: str) -> None:
    """At ratio 0 nothing is recorded, children neither; logs and calls onward have the ids."""
    seen = collect(sampling=nf.Sampling(default=0))
    ask, around = start(seen.service, framework)
    ask("/items/7")
    ask("/items/7")
    assert seen.spans == ()
    first, second = around.trace_ids
    assert first != second != 0 != first
    assert around.headers[0]["traceparent"].startswith(f"00-{first:032x}-")
    assert int(around.headers[0]["traceparent"][-2:], 16) & 1 == 0


@pytest.mark.parametrize(
    ("parent", "ratio", "traceparent", "kept"),
    [
        ("respect", 0, KEPT, True),
        ("respect", 1, DROPPED, False),
        ("ignore", 0, KEPT, False),
        ("ignore", 1, DROPPED, True),
    ],
)
def test_a_parents_decision_counts_where_it_is_respected(
    collect: Collect, framework: str, parent: Any, ratio: float, traceparent: str, kept: bool
) -> None:
    """A caller's decision is followed with "respect", for children too, and not with "ignore"."""
    seen = collect(sampling=nf.Sampling(default=ratio, parent=parent))
    ask, around = start(seen.service, framework)
    ask("/items/7", {"traceparent": traceparent, "tracestate": "vendor=x"})
    assert len(seen.spans) == (2 if kept else 0)
    assert around.trace_ids == [int(TRACE, 16)]
    # Our threshold goes on where the decision is ours, ahead of what others wrote.
    ours = "ot=th:0," if kept and parent == "ignore" else ""
    assert around.headers[0]["tracestate"] == f"{ours}vendor=x"
    assert int(around.headers[0]["traceparent"][-2:], 16) & 1 == kept


@pytest.mark.parametrize(
    ("parent", "ratio", "flags", "goes_on"),
    [
        ("respect", 0, "01", "vendor=x,ot=th:8;rv:90000000000000"),
        ("respect", 1, "00", "ot=rv:90000000000000,vendor=x"),
        ("ignore", 0.25, "01", "ot=rv:90000000000000,vendor=x"),
        ("ignore", 0.75, "00", "ot=th:4;rv:90000000000000,vendor=x"),
    ],
)
def test_randomness_of_the_caller_goes_on_and_a_stale_threshold_does_not(
    collect: Collect, framework: str, parent: Any, ratio: float, flags: str, goes_on: str
) -> None:
    """Through propagator, provider and propagator; another vendor's entry survives."""
    seen = collect(sampling=nf.Sampling(default=ratio, parent=parent))
    ask, around = start(seen.service, framework)
    headers = {
        "traceparent": f"00-{TRACE}-{PARENT}-{flags}",
        "tracestate": "vendor=x,ot=th:8;rv:90000000000000",
    }
    ask("/items/7", headers)
    assert around.headers[0]["tracestate"] == goes_on
    kept = "th:" in goes_on
    assert len(seen.spans) == (2 if kept else 0)
    for span in seen.spans:
        assert span.context.trace_state.to_header() == goes_on


def test_the_id_that_was_decided_on_is_the_spans(collect: Collect) -> None:
    """A root's id is drawn once: what is kept by it is kept under it, and nothing else is."""
    drawn: list[int] = []

    class Noting(random.Random):
        def getrandbits(self, k: int, /) -> int:
            value = super().getrandbits(k)
            if k == 128:
                drawn.append(value)
            return value

    seen = collect(sampling=nf.Sampling(default=0.5))
    seen.service.tracing._random = Noting(9)
    ask, around = start(seen.service, "flask")
    for _ in range(40):
        ask("/items/7")
    assert around.trace_ids == drawn
    wanted = [each for each in drawn if each & ((1 << 56) - 1) >= 1 << 55]
    assert [span.context.trace_id for span in server_spans(seen)] == wanted
    assert 0 < len(wanted) < 40


def test_log_records_of_dropped_requests_have_ids(
    collect: Collect, caplog: pytest.LogCaptureFixture
) -> None:
    """A line written in a dropped trace carries its ids, so that the lines belong together."""
    seen = collect(sampling=nf.Sampling(default=0))

    def app(environ: Any, start_response: Any) -> list[bytes]:
        logging.getLogger("shop").warning("hello")
        start_response("200 OK", [])
        return [b""]

    wsgi_ask(seen.service.instrument(app))("/", {"traceparent": DROPPED})
    [record] = [each for each in caplog.records if each.name == "shop"]
    assert record.trace_id == TRACE  # type: ignore[attr-defined]  # set by ninefold


def test_spans_of_a_background_task_belong_to_the_request(collect: Collect) -> None:
    """A task after the response has spans of its own, and is no part of the server's."""
    seen = collect()
    ask, around = start(seen.service, "starlette")
    ask("/background")
    server, background = seen.spans
    assert (server.name, background.name) == ("GET /background", "background")
    assert background.parent.span_id == server.context.span_id
    assert server.end_time <= background.start_time
    assert len(set(around.trace_ids)) == 1


def test_a_streamed_wsgi_body_runs_inside_the_trace(collect: Collect) -> None:
    """Each chunk is made in the request's trace; in between the server's thread is out of it."""
    seen = collect()
    inside: list[int] = []

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        for _ in range(3):
            inside.append(trace.get_current_span().get_span_context().trace_id)
            yield b"x"

    wsgi_ask(seen.service.instrument(app))("/")
    [span] = seen.spans
    assert inside == [span.context.trace_id] * 3


def test_a_body_left_by_the_client_ends_the_span(collect: Collect) -> None:
    """A body closed before its end leaves no context behind and ends the span as an error."""
    seen = collect()

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"x"
        yield b"y"

    before = get_current()
    body = seen.service.instrument(app)(
        {"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, lambda *_: None
    )
    next(iter(body))
    thread = threading.Thread(target=body.close)
    thread.start()
    thread.join()
    assert get_current() == before
    [span] = seen.spans
    assert span.status.status_code is StatusCode.ERROR


def test_concurrent_requests_never_mix(collect: Collect) -> None:
    """Requests that wait for each other in one loop keep to their own traces."""
    seen = collect()
    both = asyncio.Barrier(2)
    pairs: list[tuple[int, int]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        before = trace.get_current_span().get_span_context().trace_id
        await both.wait()
        with trace.get_tracer("app").start_as_current_span(scope["path"]):
            await both.wait()
        pairs.append((before, trace.get_current_span().get_span_context().trace_id))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    measured = seen.service.instrument(app)

    async def ask(path: str) -> None:
        async def nothing(*_: Any) -> dict[str, Any]:
            return {}

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "headers": [],
        }
        await measured(scope, nothing, nothing)

    async def main() -> None:
        await asyncio.gather(ask("/a"), ask("/b"))

    asyncio.run(main())
    servers = {span.attributes["url.path"]: span for span in server_spans(seen)}
    children = {span.name: span for span in seen.spans if span.kind is SpanKind.INTERNAL}
    for path in ("/a", "/b"):
        assert children[path].parent.span_id == servers[path].context.span_id
    assert all(one == two for one, two in pairs)
    assert servers["/a"].context.trace_id != servers["/b"].context.trace_id


HOSTILE = {
    "malformed": {"traceparent": "00-zz-yy-01"},
    "zeros": {"traceparent": f"00-{'0' * 32}-{PARENT}-01"},
    "version ff": {"traceparent": f"ff-{TRACE}-{PARENT}-01"},
    "endless": {"traceparent": "0" * 100_000},
    "not UTF-8": {"traceparent": "\xff\xfe", "tracestate": "\xff=\xff", "baggage": "\xff=\xfe"},
    "512 entries": {
        "traceparent": KEPT,
        "tracestate": ",".join(f"k{n}=v{n}" for n in range(512)),
    },
    "state of nonsense": {"traceparent": KEPT, "tracestate": "=,=;;" * 50},
    "a megabyte of baggage": {"traceparent": KEPT, "baggage": "a=" + "b" * 1_000_000},
    "bad baggage": {"baggage": "%%%=%%%;;;,,,==="},
}


@pytest.mark.parametrize("headers", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_headers_change_nothing(
    collect: Collect, framework: str, headers: Mapping[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a client sends the request is served, has its one span, and floods no log."""
    seen = collect()
    ask, _ = start(seen.service, framework)
    assert ask("/items/7", headers) == 200
    assert len(server_spans(seen)) == 1
    assert seen.dropped() == {}
    assert sum(len(record.getMessage()) for record in caplog.records) < 10_000


def test_a_disabled_sdk_leaves_the_application_untouched(
    monkeypatch: pytest.MonkeyPatch, framework: str
) -> None:
    """With OTEL_SDK_DISABLED, and health off, instrument() returns the application as it was."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    monkeypatch.setenv("NINEFOLD_HEALTH", "false")
    service = nf.setup("off", prometheus=True)
    try:
        app = FRAMEWORKS[framework][0](Surroundings())
        kind, own = type(app), {**vars(app)}
        assert service.instrument(app) is app
        assert type(app) is kind
        assert vars(app) == own
        assert service.expose("") == (b"", "text/plain; version=0.0.4; charset=utf-8")
        assert service.telemetry.pipeline.built is None
        assert service.force_flush()
    finally:
        assert service.shutdown()


def test_after_shutdown_requests_are_served_and_pass_the_trace_on(
    collect: Collect, framework: str
) -> None:
    """An ended service starts nothing again; the caller's trace still goes on to whom we call."""
    seen = collect()
    ask, around = start(seen.service, framework)
    seen.service.shutdown()
    threads = set(threading.enumerate())
    assert ask("/items/7", {"traceparent": KEPT}) == 200
    assert around.headers[0]["traceparent"] == KEPT
    assert seen.spans == ()
    assert set(threading.enumerate()) == threads
    assert seen.service.telemetry.pipeline.built is None


def test_an_excluded_request_passes_the_trace_on(collect: Collect, framework: str) -> None:
    """It has no span, and what it calls belongs to its caller's trace all the same."""
    seen = collect(exclude=["/items/*"])
    ask, around = start(seen.service, framework)
    before = get_current()
    assert ask("/items/7", {"traceparent": DROPPED, "tracestate": "a=b"}) == 200
    assert around.headers[0] == {"traceparent": DROPPED, "tracestate": "a=b"}
    assert ask("/items/7") == 200
    assert around.trace_ids[1] == 0
    assert server_spans(seen) == []
    assert get_current() == before


def test_an_excluded_request_that_fails_leaves_its_trace(collect: Collect, framework: str) -> None:
    """Neither an exception nor a propagator that throws keeps the thread in a caller's trace."""
    before = propagate.get_global_textmap()
    seen = collect(exclude=["/*"])
    ask, _ = start(seen.service, framework)
    ask("/fail/7", {"traceparent": KEPT})
    assert not trace.get_current_span().get_span_context().is_valid

    class Broken(B3SingleFormat):
        def extract(self, *args: Any, **kwargs: Any) -> Any:
            raise RuntimeError("broken")

    propagate.set_global_textmap(Broken())
    try:
        assert ask("/items/7", {"b3": f"{TRACE}-{PARENT}-1"}) == 200
    finally:
        propagate.set_global_textmap(before)
    assert seen.dropped() == {("traces", "internal_error"): 1}


def test_baggage_is_there_without_a_trace(collect: Collect) -> None:
    """A service that makes no spans still has the caller's baggage in context."""
    seen = collect(span_processors=[])
    found: list[object] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        found.append(baggage.get_baggage("k"))
        start_response("200 OK", [])
        return [b""]

    context = copy_context()
    context.run(wsgi_ask(seen.service.instrument(app)), "/", {"baggage": "k=v"})
    assert found == ["v"]
