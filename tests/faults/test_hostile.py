"""What a client sends changes neither the number of series nor what is told of it."""

from __future__ import annotations

import gc
import logging
import random
import sys
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from flask import Flask, Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from tests.support.figures import Figure
from tests.support.hostile import Ask, asgi_client, wsgi_client
from tests.support.otlp_sink import OtlpSink

import ninefold as nf
from ninefold.cli import main
from ninefold.registry import (
    FRESHNESS_TIMESTAMP,
    HTTP_SERVER_ACTIVE_REQUESTS,
    HTTP_SERVER_REQUEST_DURATION,
    OPERATION_DURATION,
    SLI_EVENTS,
)
from ninefold.service import Service

CANARY = "canary7f3a9"


def in_memory() -> SimpleSpanProcessor:
    """What keeps spans."""
    return SimpleSpanProcessor(InMemorySpanExporter())


def fastapi() -> FastAPI:
    """One route with a parameter, and one that fails with what it was sent."""
    app = FastAPI()

    @app.get("/orders/{id}")
    async def order(id: str) -> str:
        return "ok"

    @app.get("/fail")
    async def fail(request: Request) -> PlainTextResponse:
        with trace.get_tracer("shop").start_as_current_span("connect"):
            raise ValueError(
                f"cannot connect to postgresql://me:{CANARY}@db/shop?password={CANARY}"
            )

    return app


def flask() -> Flask:
    """The same routes."""
    app = Flask("shop")

    @app.get("/orders/<id>")
    def order(id: str) -> str:
        return "ok"

    @app.get("/fail")
    def fail() -> Response:
        with trace.get_tracer("shop").start_as_current_span("connect"):
            raise ValueError(
                f"cannot connect to postgresql://me:{CANARY}@db/shop?password={CANARY}"
            )

    return app


DRIVERS: dict[str, tuple[Callable[[], Any], Callable[[Any], Ask]]] = {
    "fastapi": (fastapi, asgi_client),
    "flask": (flask, wsgi_client),
}


def collected(reader: InMemoryMetricReader) -> dict[str, list[Any]]:
    """The points of each metric."""
    data = reader.get_metrics_data()
    return {
        metric.name: list(metric.data.data_points)
        for resource in (() if data is None else data.resource_metrics)
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def number_of(point: Any) -> int:
    """How many measurements a point stands for."""
    return int(point.count if hasattr(point, "count") else point.value)


def test_a_million_attribute_sets(figure: Figure, every_fault: bool) -> None:
    """No attribute makes more than 2,000 series, loses a count, or a declared route, or memory."""
    total = 1_000_000 if every_fault else 30_000
    reader = InMemoryMetricReader()
    service = nf.setup("shop", readers=[reader])
    rng = random.Random(9)
    try:
        service.objective("ok", nf.availability(route="/ok", target=0.9))
        duration = service.telemetry.histogram(HTTP_SERVER_REQUEST_DURATION)
        operation = service.telemetry.histogram(OPERATION_DURATION)
        own = metrics.get_meter("shop").create_counter("orders")

        def record(times: int) -> None:
            for _ in range(times):
                word = f"{rng.getrandbits(64):x}"
                duration.record(0.1, ("GET", "http", word, 200, None, "1.1"))
                operation.record(0.1, (word, "success", None))
                own.add(1, {"user": word})

        record(4000)
        record(2000)
        gc.collect()
        # Blocks of memory: tracing each allocation would take ten times as long.
        before = sys.getallocatedblocks()
        record(total - 6000)
        gc.collect()
        grown = sys.getallocatedblocks() - before
        points = collected(reader)
    finally:
        service.shutdown()
    counts = {
        name: (len(points[name]), sum(map(number_of, points[name])))
        for name in ("http.server.request.duration", "ninefold.operation.duration", "orders")
    }
    declared = {dict(point.attributes)["ninefold.slo.name"] for point in points[SLI_EVENTS.name]}
    figure(
        "1,000,000 random attribute sets",
        "at most 2,000 series per instrument, total exact, no declared route lost, memory flat",
        f"{total:,}: {max(series for series, _ in counts.values()):,} series,"
        f" {min(count for _, count in counts.values()):,} counted,"
        f" {'declared kept' if declared == {'ok'} else 'declared lost'},"
        f" {max(0, grown)} more blocks of memory after the cap",
    )
    assert [count for _, count in counts.values()] == [total] * len(counts)
    assert max(series for series, _ in counts.values()) <= 2000
    assert declared == {"ok"}
    # One series more would be some thirty, a million measurements kept a million.
    assert grown < 1000


@pytest.mark.parametrize("driver", DRIVERS)
def test_hosts_methods_and_paths_make_no_series(
    driver: str, figure: Figure, every_fault: bool
) -> None:
    """Ten thousand of them are the same series as ten."""
    many = 10_000 if every_fault else 500
    build, client = DRIVERS[driver]

    def series(number: int) -> set[tuple[str, tuple[Any, ...]]]:
        reader = InMemoryMetricReader()
        service = nf.setup("shop", readers=[reader])
        rng = random.Random(number)
        try:
            ask = client(service.instrument(build()))
            for _ in range(number):
                word = f"{rng.getrandbits(64):x}"
                ask(
                    f"/{word}",
                    headers=[(b"host", word.encode()), (word.encode(), b"\xff\r\n" * 9)],
                    query=word.encode(),
                )
                ask(f"/orders/{word}", method=f"M{word}".upper())
                ask(f"/orders/{word}", headers=[(b"user-agent", word.encode())])
            return {
                (name, tuple(sorted(dict(point.attributes or {}).items())))
                for name, points in collected(reader).items()
                if name.startswith(("http.", "ninefold."))
                for point in points
            }
        finally:
            service.shutdown()

    few, lots = series(10), series(many)
    figure(
        f"10,000 random hosts, methods, 404 paths ({driver})",
        "the same series as 10 of them",
        f"{many:,}: {len(lots)} series; 10: {len(few)}; {len(few ^ lots)} differ",
    )
    assert lots == few


def secrets_for(ask: Ask) -> None:
    """Ask with the canary in every place a client controls."""
    secret = CANARY.encode()
    good = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    for path in ("/orders/1", "/fail", "/nowhere"):
        for baggage in (b"a=" + secret, b"password " + secret, secret * 900, b"a=1," + secret):
            ask(
                path,
                query=b"token=" + secret + b"&q=" + secret,
                headers=[
                    (b"host", b"shop.example"),
                    (b"traceparent", good),
                    (b"baggage", baggage),
                    (b"tracestate", b"A " + secret),
                    (b"cookie", b"session=" + secret),
                    (b"authorization", b"Bearer " + secret),
                    (b"user-agent", secret),
                    (b"referer", b"https://shop.example/?token=" + secret),
                    (b"x-api-key", secret),
                    (b"x-" + secret, secret),
                ],
            )
        ask(path, headers=[(b"traceparent", secret), (b"baggage", secret + b"\r\nevil: 1")])
        ask(path, headers=[(b"host", secret + b"@x"), (b"x-forwarded-for", secret)])


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_canary_is_told_nowhere(
    driver: str,
    figure: Figure,
    otlp_sink: OtlpSink,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A secret in query, header, DSN, exception text and baggage: no byte of it goes anywhere.

    Though the settings allow the very headers and parameters that it is in.
    """
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", otlp_sink.http_endpoint)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"authorization=Bearer {CANARY}")
    # FastAPI's own telemetry then logs what a handler raised, as a handler of logging may.
    monkeypatch.setenv("OTEL_LOGS_EXPORTER", "otlp")
    monkeypatch.setenv("NINEFOLD_RECORD_QUERY", "token")
    monkeypatch.setenv("NINEFOLD_RECORD_HEADERS", "authorization,cookie,x-api-key,referer")
    caplog.set_level(logging.DEBUG)
    build, client = DRIVERS[driver]
    service = nf.setup("shop", prometheus=True)
    try:
        ask = client(service.instrument(build()))
        secrets_for(ask)
        for accept in (b"text/plain", b"application/openmetrics-text"):
            page = ask("/metrics", headers=[(b"accept", accept)])
            assert page.status == 200
            assert CANARY.encode() not in page.body
        told = repr(service.settings.explain()) + repr(service.settings.otlp_traces)
    finally:
        service.shutdown()
    said = "\n".join(
        record.getMessage() + str(record.exc_info or "")
        for record in caplog.records
        if record.name.startswith(("ninefold", "opentelemetry"))
    )
    doctor = CliRunner().invoke(main, ["doctor"]).output
    sent = {
        signal: b"".join(
            each.request.SerializeToString() for each in otlp_sink.received if each.signal == signal
        )
        for signal in ("traces", "metrics", "logs")
    }
    hits = {
        "metrics": sent["metrics"].count(CANARY.encode()),
        "spans": sent["traces"].count(CANARY.encode()),
        "logs": said.count(CANARY) + sent["logs"].count(CANARY.encode()),
        "endpoints": page.body.count(CANARY.encode()),
        "doctor": doctor.count(CANARY) + told.count(CANARY),
    }
    figure(
        f"a canary secret in query, header, DSN, exception text, baggage ({driver})",
        "0 hits in metrics, spans, logs, endpoints",
        ", ".join(f"{place} {count}" for place, count in hits.items()),
    )
    assert set(hits.values()) == {0}
    # It was looked for where something is.
    assert b"http.request.header.authorization" in sent["traces"]
    assert b"token=REDACTED" in sent["traces"]
    assert b"postgresql://REDACTED@db" in sent["traces"]
    assert b"http.server.request.duration" in sent["metrics"]
    if driver == "fastapi" and hasattr(FastAPI(), "_native_telemetry"):
        assert b"postgresql://REDACTED@db" in sent["logs"]
    assert "OTEL_EXPORTER_OTLP_HEADERS" in doctor


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.binary(max_size=20),
    st.complex_numbers(),
    st.decimals(),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.builds(object),
)
keys = st.one_of(
    anything, st.tuples(anything), st.tuples(*[anything] * 3), st.tuples(*[anything] * 6)
)
attributes = st.one_of(
    st.none(),
    st.dictionaries(st.one_of(st.text(max_size=5), st.integers(), st.none()), anything, max_size=4),
)


def recording_functions(service: Service) -> dict[str, Callable[[Any, Any, Any], object]]:
    """Every public function that running code calls, with anything in its places."""
    telemetry, meter = service.telemetry, metrics.get_meter("shop")
    duration = telemetry.histogram(HTTP_SERVER_REQUEST_DURATION)
    counted = telemetry.counter(SLI_EVENTS)
    gauge = telemetry.gauge(FRESHNESS_TIMESTAMP)
    active = telemetry.up_down_counter(HTTP_SERVER_ACTIVE_REQUESTS)
    cells = (
        duration.cell(("GET", "http", None, 200, None, "1.1")),
        counted.cell(("ok", "good")),
        gauge.cell(("index",)),
    )
    counter, histogram = meter.create_counter("orders"), meter.create_histogram("sizes")
    gauge_of_theirs, both = meter.create_gauge("level"), meter.create_up_down_counter("queue")
    tracer = trace.get_tracer("shop")

    def span(value: Any, key: Any, told: Any) -> None:
        with tracer.start_as_current_span("work", attributes=told) as found:
            found.set_attribute("given", value)
            found.set_attributes(told or {})
            found.add_event("seen", told)
            found.record_exception(ValueError(value))
            found.set_status(trace.Status(trace.StatusCode.ERROR, str(value)))

    @service.measure("given", good=lambda result: result, ignore=lambda result: not result)
    def measured(value: Any) -> Any:
        return value

    def block(value: Any, key: Any, told: Any) -> None:
        with service.measure("block"):
            pass

    return {
        "events": lambda value, key, told: service.events(value, good=key, total=value),
        "events by name": lambda value, key, told: service.events("e", good=value, total=key),
        "throughput": lambda value, key, told: service.throughput(
            key, arrived=value, processed=key, backlog=value
        ),
        "throughput by name": lambda value, key, told: service.throughput(
            "t", arrived=value, processed=key, backlog=lambda: value
        ),
        "measure": lambda value, key, told: measured(value),
        "measure block": block,
        "histogram": lambda value, key, told: duration.record(value, key),
        "counter": lambda value, key, told: counted.add(value, key),
        "up-down counter": lambda value, key, told: active.add(value, key),
        "gauge": lambda value, key, told: gauge.set(value, key),
        "histogram's cell": lambda value, key, told: cells[0].record(value),
        "counter's cell": lambda value, key, told: cells[1].add(value),
        "gauge's cell": lambda value, key, told: cells[2].set(value),
        "own counter": lambda value, key, told: counter.add(value, told),
        "own counter, attributes": lambda value, key, told: counter.add(value, value),
        "own up-down counter": lambda value, key, told: both.add(value, attributes=told),
        "own histogram": lambda value, key, told: histogram.record(value, told),
        "own gauge": lambda value, key, told: gauge_of_theirs.set(value, told),
        "span": span,
    }


def test_nothing_that_records_raises(figure: Figure) -> None:
    """Hypothesis hands anything to every recording function after set-up: none raises."""
    reader = InMemoryMetricReader()
    service = nf.setup("shop", readers=[reader], span_processors=[in_memory()])
    try:
        functions = recording_functions(service)
        raised: dict[str, str] = {}
        calls = 0

        @given(anything, keys, attributes)
        @settings(max_examples=150, suppress_health_check=list(HealthCheck), deadline=None)
        def call(value: Any, key: Any, told: Any) -> None:
            nonlocal calls
            for name, function in functions.items():
                calls += 1
                try:
                    function(value, key, told)
                except Exception as error:  # noqa: BLE001 - what is counted
                    raised.setdefault(name, f"{type(error).__name__}: {error!s:.60}")

        call()
        points = collected(reader)
    finally:
        service.shutdown()
    figure(
        "Hypothesis on every recording function and hook after set-up",
        "0 exceptions into the caller",
        f"{len(functions)} functions, {calls:,} calls: {len(raised)} raised",
    )
    assert raised == {}
    # What is no measurement is counted as lost, and did not cost the rest their collection.
    assert "ninefold.telemetry.dropped" in points
    assert "ninefold.operation.duration" in points


hostile_bytes = st.one_of(
    st.binary(max_size=60), st.sampled_from([b"\r\nx: 1", b"\xff" * 40, b"a" * 100_000, b"%00%ff"])
)
names = st.one_of(
    st.sampled_from([b"traceparent", b"tracestate", b"baggage", b"host", b"user-agent", b"x-a"]),
    st.binary(min_size=1, max_size=9),
)


@pytest.mark.parametrize("driver", DRIVERS)
def test_nothing_that_a_client_sends_raises(driver: str, figure: Figure) -> None:
    """Hypothesis sends any bytes as method, path, query, header and address: same answers."""
    build, client = DRIVERS[driver]
    bare = client(build())
    service = nf.setup(
        "shop",
        readers=[InMemoryMetricReader()],
        span_processors=[in_memory()],
        record_headers=["x-a", "user-agent"],
        record_query=["a"],
    )
    differing: list[dict[str, Any]] = []
    calls = 0
    try:
        ask = client(service.instrument(build()))

        @given(
            st.sampled_from(["/orders/1", "/nowhere", "/orders/\udcff"]) | st.text(max_size=9),
            st.sampled_from(["GET", "HEAD", "OPTIONS"]) | st.text("AZ\xff", min_size=1, max_size=9),
            hostile_bytes,
            st.lists(st.tuples(names, hostile_bytes), max_size=5),
        )
        @settings(max_examples=100, suppress_health_check=list(HealthCheck), deadline=None)
        def send(path: str, method: str, query: bytes, headers: list[tuple[bytes, bytes]]) -> None:
            nonlocal calls
            calls += 1
            given_ = {"path": path, "method": method, "query": query, "headers": headers}
            if ask(**given_) != bare(**given_):
                differing.append(given_)

        send()
    finally:
        service.shutdown()
    figure(
        f"Hypothesis on what a client sends ({driver})",
        "answers unchanged by a byte",
        f"{calls} requests: {len(differing)} differ",
    )
    assert differing == []
