"""Exemplars of traces that wait: they point at kept traces, or at none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException
from opentelemetry import metrics
from tests.support.hostile import asgi_client
from tests.support.otlp_sink import OtlpSink
from tests.support.outgoing import Upstream, upstream_server

import ninefold as nf

Collect = Callable[..., Any]
OURS = {
    "http.server.request.duration",
    "http.client.request.duration",
    "ninefold.operation.duration",
    "ninefold.dependency.call.duration",
}
"""What each request is measured in, with exemplars."""
_TRACE = re.compile(r'# \{[^}]*trace_id="([0-9a-f]{32})"')


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A service that is called."""
    with upstream_server() as server:
        yield server


def shop(seen: Any, upstream: Upstream) -> Any:
    """A client of an application that measures in every way that there is."""
    service = seen.service
    app = FastAPI()
    guarded = nf.Policy("psp")
    orders = metrics.get_meter("app").create_counter("orders")
    waits = metrics.get_meter("app").create_histogram("waits")
    client = service.instrument(httpx.Client(trust_env=False))

    @service.measure("order")
    def work() -> None:
        guarded.call(lambda: client.get(upstream.url()))
        orders.add(1)
        waits.record(0.1)

    def answer(what: str) -> str:
        work()
        if what == "fail":
            raise HTTPException(503)
        return what

    app.get("/{what}")(answer)
    return asgi_client(service.instrument(app))


def settle(seen: Any) -> None:
    """Have what is decided be exported; no reader collects, which shows an exemplar but once."""
    assert seen.service.telemetry.pipeline.ensure().deferring.force_flush()


def pointed_at(seen: Any) -> dict[str, set[int]]:
    """The traces that each metric's exemplars point at, 0 for none."""
    data = seen.reader.get_metrics_data()
    return {
        one.name: found
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for one in scope.metrics
        if (
            found := {
                exemplar.trace_id or 0
                for point in one.data.data_points
                for exemplar in getattr(point, "exemplars", ())
            }
        )
    }


@pytest.mark.parametrize("propagate", ["decision", "always"])
def test_exemplars_point_at_kept_traces_alone(
    collect: Collect, upstream: Upstream, propagate: Any
) -> None:
    """Measured long before the trace is decided on: each shows once that is, or never."""
    seen = collect(
        sampling=nf.Sampling(default=0.0, keep=nf.Keep(propagate=propagate)), prometheus=True
    )
    ask = shop(seen, upstream)
    for what in ("ok", "fail", "ok"):
        ask(f"/{what}")
    settle(seen)
    [kept] = {span.context.trace_id for span in seen.spans}
    found = pointed_at(seen)
    assert found.keys() >= OURS
    assert set().union(*found.values()) == {kept}
    text = ask("/metrics", headers=[(b"accept", b"application/openmetrics-text; version=1.0.0")])
    shown = _TRACE.findall(text.body.decode())
    assert len(shown) >= len(OURS)
    assert set(shown) == {f"{kept:032x}"}


def test_traces_kept_at_first_show_at_once(collect: Collect, upstream: Upstream) -> None:
    """They are exported however they end; so the SDK's own instruments show them too."""
    seen = collect(sampling=nf.Sampling(default=1.0, keep=nf.Keep()))
    shop(seen, upstream)("/ok")
    settle(seen)
    [kept] = {span.context.trace_id for span in seen.spans}
    found = pointed_at(seen)
    assert found.keys() >= OURS | {"orders", "waits"}
    assert set().union(*found.values()) == {kept}


def test_no_exemplars_where_none_are_wanted(
    collect: Collect, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`always_off` holds for kept traces too."""
    monkeypatch.setenv("OTEL_METRICS_EXEMPLAR_FILTER", "always_off")
    seen = collect(sampling=nf.Sampling(default=0.0, keep=nf.Keep()))
    shop(seen, upstream)("/fail")
    settle(seen)
    assert seen.spans
    assert pointed_at(seen) == {}


def test_with_all_measurements_shown_those_of_dropped_traces_point_nowhere(
    collect: Collect, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`always_on`: ours show the value alone."""
    monkeypatch.setenv("OTEL_METRICS_EXEMPLAR_FILTER", "always_on")
    seen = collect(sampling=nf.Sampling(default=0.0, keep=nf.Keep()))
    ask = shop(seen, upstream)
    ask("/ok")
    found = pointed_at(seen)
    assert all(found[name] == {0} for name in OURS)
    ask("/fail")
    settle(seen)
    [kept] = {span.context.trace_id for span in seen.spans}
    found = pointed_at(seen)
    assert all(kept in found[name] <= {0, kept} for name in OURS)


def test_a_collector_gets_exemplars_of_kept_traces_alone(
    collect: Collect, upstream: Upstream, otlp_sink: OtlpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over OTLP, beside the spans that they point at."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", otlp_sink.http_endpoint)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    seen = collect(sampling=nf.Sampling(default=0.0, keep=nf.Keep()), span_processors=[])
    ask = shop(seen, upstream)
    for what in ("ok", "fail", "ok"):
        ask(f"/{what}")
    assert seen.service.force_flush(20)
    [kept] = {span.trace_id for span in otlp_sink.spans()}
    found = {
        exemplar
        for received in otlp_sink.received
        if received.signal == "metrics"
        for exemplar in re.findall(r'trace_id: "((?:[^"\\]|\\.)*)"', str(received.request))
    }
    assert len(found) == 1
    raw = bytes.fromhex(kept)
    assert any(
        raw in received.request.SerializeToString()
        for received in otlp_sink.received
        if received.signal == "metrics"
    )
