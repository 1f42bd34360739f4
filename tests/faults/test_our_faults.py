"""A fault of ours stays ours: whatever raises, the application answers as it would without us."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from fastapi import FastAPI
from flask import Flask, Response
from opentelemetry import metrics, propagate, trace
from opentelemetry.propagators.b3 import B3MultiFormat
from opentelemetry.sdk.metrics.export import (
    ConsoleMetricExporter,
    InMemoryMetricReader,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route
from tests.support.figures import Figure
from tests.support.hostile import Answer, Ask, asgi_client, wsgi_client
from tests.support.sabotage import OurFault, Sabotage

import ninefold as nf

T = TypeVar("T")
PARENT = (b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
BAGGAGE = (b"baggage", b"a=1")
STATE = (b"tracestate", b"a=1")
AGENT = (b"user-agent", b"curl/8")
TENANT = (b"x-tenant", b"acme")

REQUESTS: list[dict[str, Any]] = [
    {"path": "/ok", "query": b"page=1", "headers": [PARENT, AGENT, TENANT, (b"host", b"shop:80")]},
    {"path": "/ok", "method": "HEAD", "headers": [PARENT, BAGGAGE, STATE]},
    {"path": "/ok", "method": "BREW"},
    {"path": "/stream"},
    {"path": "/fail"},
    {"path": "/inside/ok"},
    {"path": "/nowhere"},
    {"path": "/excluded", "headers": [PARENT, BAGGAGE]},
]

PASSAGES = frozenset(
    {
        # They hand the application's own messages on, and end in the server's: what is not in one
        # of the functions that they call is the passing on itself.
        "integrations.asgi:AsgiExchange.receive",
        "integrations.asgi:AsgiExchange.send",
        "integrations.wsgi:WsgiExchange.start_response",
        "integrations.wsgi:WsgiExchange.write",
        "integrations.wsgi:Body.__init__",
        "integrations.wsgi:Body.close",
        # Threads of ours, which nobody waits for without a limit.
        "telemetry._worker:Worker._run",
        "telemetry._deferring:Deferring._run",
        # They note what the application says of itself, and do no more.
        "telemetry._tracer_provider:DelegatingTracerProvider.get_tracer",
        "telemetry._tracer_provider:_Tracer.__init__",
        # Arithmetic on its own fields, in every message of a stream.
        "integrations._http_server:Exchange.part",
        # The nets themselves: their whole body is one `try`, so that they cannot raise.
        "integrations._http_server:Exchange.finish",
        "integrations._http_server:Exchange.left",
        "integrations._http_server:HttpServer.internal_error",
        "integrations.asgi:AsgiExchange.settle_route",
        "integrations.wsgi:WsgiExchange.settle_route",
        "integrations.wsgi:WsgiExchange.completed",
        "integrations.wsgi:_is_file",
        "telemetry._logger_provider:DelegatingLoggerProvider.failed",
        "telemetry._logger_provider:DelegatingLoggerProvider.get_logger",
        "telemetry._logger_provider:_Logger.emit",
        "telemetry._logger_provider:_Logger.enabled",
        "telemetry._deferring:Deferring.on_end",
        "telemetry._deferring:Deferring._on_ending",
        "telemetry._guarded:GuardedSpanProcessor.on_end",
        "telemetry._guarded:GuardedSpanProcessor._on_ending",
        "telemetry._tracer_provider:_Tracer.start_span",
        "telemetry._tracer_provider:_Tracer.start_as_current_span",
        "telemetry._server_trace:ServerTracing.begin",
        "telemetry._server_trace:ServerTracing.begin_environ",
        "telemetry._server_trace:ServerTracing.carrying",
        "telemetry._faults:Faults.internal_error",
        "telemetry._faults:Faults.dropped",
        "telemetry._faults:Faults.invalid_value",
    }
)


async def bare_asgi(scope: Any, receive: Any, send: Any) -> None:
    """The same answers without a framework."""
    path = scope["path"]
    if path == "/fail":
        raise ValueError("the application's own")
    status = 404 if path == "/nowhere" else 200
    parts = [b"a", b"b", b"c"] if path == "/stream" else [b"ok"]
    await receive()
    await send({"type": "http.response.start", "status": status, "headers": [(b"x-shop", b"\xff")]})
    for part in parts:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def bare_wsgi(environ: Any, start_response: Any) -> Any:
    """The same answers without a framework."""
    path = environ["PATH_INFO"]
    if path == "/fail":
        raise ValueError("the application's own")
    start_response("404 Not Found" if path == "/nowhere" else "200 OK", [("X-Shop", "\xff")])
    return iter([b"a", b"b", b"c"]) if path == "/stream" else [b"ok"]


def starlette_routes() -> list[Any]:
    """Routes of every kind."""

    async def ok(request: Request) -> PlainTextResponse:
        with trace.get_tracer("shop").start_as_current_span("step"):
            return PlainTextResponse("ok")

    async def fail(request: Request) -> PlainTextResponse:
        raise ValueError("the application's own")

    async def stream(request: Request) -> StreamingResponse:
        return StreamingResponse(iter([b"a", b"b", b"c"]))

    return [
        Route("/ok", ok),
        Route("/fail", fail),
        Route("/stream", stream),
        Route("/excluded", ok),
        Mount("/inside", routes=[Route("/ok", ok)]),
    ]


def fastapi() -> FastAPI:
    """The same routes."""
    app = FastAPI()
    app.router.routes.extend(starlette_routes())
    return app


def flask() -> Flask:
    """The same routes."""
    app = Flask("shop")

    @app.get("/ok")
    @app.get("/inside/ok", endpoint="inside")
    @app.get("/excluded", endpoint="excluded")
    def ok() -> str:
        with trace.get_tracer("shop").start_as_current_span("step"):
            return "ok"

    @app.get("/fail")
    def fail() -> str:
        raise ValueError("the application's own")

    @app.get("/stream")
    def stream() -> Response:
        return Response(iter([b"a", b"b", b"c"]))

    return app


DRIVERS: dict[str, tuple[Callable[[], Any], Callable[[Any], Ask]]] = {
    "asgi": (lambda: bare_asgi, asgi_client),
    "starlette": (lambda: Starlette(routes=starlette_routes()), asgi_client),
    "fastapi": (fastapi, asgi_client),
    "wsgi": (lambda: bare_wsgi, wsgi_client),
    "flask": (flask, wsgi_client),
}


@pytest.fixture(autouse=True)
def _loggers_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the global logger provider be ours, which FastAPI itself then logs exceptions to."""
    monkeypatch.setenv("OTEL_LOGS_EXPORTER", "console")
    nf.setup("logs").shutdown()
    monkeypatch.delenv("OTEL_LOGS_EXPORTER")


def answers(ask: Ask) -> list[Answer]:
    """What a client gets."""
    return [ask(**request) for request in REQUESTS]


KEEPING = nf.Sampling(
    default=0.5,
    rules=[nf.Rule(route="/ok", rate=0.9), nf.Rule(path="/excluded", drop=True)],
    keep=nf.Keep(slower_than=1.0),
)


def served(
    driver: str, sabotage: Sabotage, broken: str | None, sampling: nf.Sampling | None = None
) -> list[Answer]:
    """What a client of the instrumented application gets, while one function of ours is broken."""
    build, client = DRIVERS[driver]
    service = nf.setup(
        "shop",
        sampling=sampling,
        readers=[InMemoryMetricReader()],
        span_processors=[SimpleSpanProcessor(InMemorySpanExporter())],
        exclude=["/excluded"],
        record_headers=["x-tenant"],
        record_query=["page"],
    )
    try:
        service.objective("ok", nf.availability(route="/ok", target=0.9))
        service.objective("quick", nf.latency(route=None, threshold=1.0, target=0.9))
        service.objective("begun", nf.first_byte(route="/stream", threshold=1.0, target=0.9))
        ask = client(service.instrument(build()))
        sabotage.reached = {}
        sabotage.broken, sabotage.on = broken, True
        return answers(ask)
    finally:
        sabotage.on = False
        service.shutdown()


@pytest.mark.parametrize("sampling", [None, KEEPING], ids=["all kept", "deferred"])
@pytest.mark.parametrize("driver", DRIVERS)
def test_every_function_of_ours_may_raise(
    driver: str,
    sampling: nf.Sampling | None,
    monkeypatch: pytest.MonkeyPatch,
    figure: Figure,
    every_fault: bool,
) -> None:
    """Each one that a request reaches raises in turn: not one byte of an answer changes.

    With every trace kept, and with traces that wait for their outcome, spans of the application's
    own in them.
    """
    met = driver == "fastapi" or (driver == "flask" and sampling is None)
    if not every_fault and not met:
        pytest.skip("by design: `nox -s faults` does it for all drivers; these reach the others'")
    build, client = DRIVERS[driver]
    wanted = answers(client(build()))
    sabotage = Sabotage()
    sabotage.put_in_place(monkeypatch)
    assert served(driver, sabotage, None, sampling) == wanted
    reached = sorted(set(sabotage.reached) - PASSAGES)
    leaks = [name for name in reached if served(driver, sabotage, name, sampling) != wanted]
    waits = "" if sampling is None else ", traces wait"
    figure(
        f"each function of ours that a request reaches raises ({driver}{waits})",
        "answers unchanged by a byte",
        f"{len(reached)} raised, {len(leaks)} changed an answer",
    )
    assert leaks == []
    assert len(reached) > 25


class Hostile:
    """An object of the user's whose every method raises."""

    def raising(self, *args: Any, **kwargs: Any) -> Any:
        """Raise, whatever it is given."""
        raise OurFault("given by the user")


def _raising(kind: type[T], *names: str) -> T:
    """An object of a kind whose methods of these names raise."""
    body = dict.fromkeys(names, Hostile.raising)
    return type(kind.__name__, (kind,), body)()  # type: ignore[no-any-return]


EXPORTER = ("export", "force_flush", "shutdown")
PROCESSOR = ("on_start", "_on_ending", "on_end", "force_flush", "shutdown")
GIVEN: dict[str, Callable[[], dict[str, Any]]] = {
    "span exporter": lambda: {
        "span_processors": [SimpleSpanProcessor(_raising(InMemorySpanExporter, *EXPORTER))]
    },
    "span processor": lambda: {"span_processors": [_raising(SpanProcessor, *PROCESSOR)]},
    "metric exporter": lambda: {
        "readers": [PeriodicExportingMetricReader(_raising(ConsoleMetricExporter, *EXPORTER))]
    },
    "reader": lambda: {
        "readers": [_raising(InMemoryMetricReader, "_receive_metrics", "force_flush", "shutdown")]
    },
}


@pytest.mark.parametrize("given_", GIVEN)
@pytest.mark.parametrize("driver", DRIVERS)
def test_an_object_that_the_user_gave_may_raise(driver: str, given_: str) -> None:
    """In each of its methods: the answers stay, as do flush and shutdown."""
    build, client = DRIVERS[driver]
    wanted = answers(client(build()))
    service = nf.setup("shop", **GIVEN[given_]())
    try:
        assert answers(client(service.instrument(build()))) == wanted
        service.force_flush()
    finally:
        service.shutdown()


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_propagator_may_raise(driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read is no parent, and what cannot be written is not sent."""
    before = propagate.get_global_textmap()
    build, client = DRIVERS[driver]
    wanted = answers(client(build()))
    service = nf.setup("shop", readers=[InMemoryMetricReader()])
    propagate.set_global_textmap(_raising(B3MultiFormat, "extract", "inject"))
    try:
        assert answers(client(service.instrument(build()))) == wanted
    finally:
        propagate.set_global_textmap(before)
        service.shutdown()


def test_callables_that_the_user_gave_may_raise() -> None:
    """Classifiers, states and observable instruments: no call fails, no collection does."""
    reader = InMemoryMetricReader()
    service = nf.setup("shop", readers=[reader])
    raising = Hostile().raising
    try:
        metrics.get_meter("shop").create_observable_gauge("temperature", callbacks=[raising])
        service.freshness("index", updated_at=raising)
        service.saturation("pool", usage=raising, limit=raising)
        service.throughput("ocr", arrived=1, backlog=raising)

        @service.measure("order", good=raising, ignore=raising)
        def order(number: int) -> int:
            return 10 // number

        assert order(2) == 5
        with pytest.raises(ZeroDivisionError):
            order(0)
        data = reader.get_metrics_data()
        assert data is not None
        names = {
            metric.name
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }
        assert {"ninefold.operation.duration", "ninefold.throughput.arrived"} <= names
    finally:
        service.shutdown()


def test_the_end_of_an_application_is_confirmed_though_telemetry_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each function of ours that start-up and shutdown reach raises: the server hears the same."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        assert message["type"] == "lifespan.shutdown"
        await send({"type": "lifespan.shutdown.complete"})

    async def heard(app: Any) -> list[str]:
        said: list[str] = []
        messages = iter(["lifespan.startup", "lifespan.shutdown"])

        async def receive() -> Any:
            return {"type": next(messages)}

        async def send(message: Any) -> None:
            said.append(message["type"])

        await app({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)
        return said

    sabotage = Sabotage()
    sabotage.put_in_place(monkeypatch)

    def served_lifespan(broken: str | None) -> list[str]:
        service = nf.setup("shop", readers=[InMemoryMetricReader()])
        try:
            instrumented = service.instrument(app)
            sabotage.broken, sabotage.on = broken, True
            return asyncio.run(heard(instrumented))
        finally:
            sabotage.on = False
            service.shutdown()

    wanted = ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert served_lifespan(None) == wanted
    nets = {
        *PASSAGES,
        "integrations.asgi:AsgiMiddleware._lifespan",
        "integrations.asgi:AsgiMiddleware._wake",
        "integrations.asgi:AsgiMiddleware._flush",
    }
    reached = sorted(set(sabotage.reached) - nets)
    assert [name for name in reached if served_lifespan(name) != wanted] == []
    assert len(reached) > 15
