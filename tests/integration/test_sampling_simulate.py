"""Simulation of what real exporters wrote: its decisions are those of the service itself."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from click.testing import CliRunner
from fastapi import FastAPI, HTTPException
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from tests.support.otlp_files import FORMS, json_lines
from tests.support.otlp_sink import OtlpSink
from tests.support.rotel import Rotel

import ninefold as nf
from ninefold.cli import main
from ninefold.cli._otlp import Recording
from ninefold.config import read
from ninefold.sampling import sampling_of
from ninefold.sampling.simulation import Parts, replay
from ninefold.testing import CapturedTelemetry

RULES = """
[sampling]
default = 0.25
parent = "PARENT"

[[sampling.rules]]
path = "/pay/*"
rate = 0.75

[[sampling.rules]]
path = "/probe"
drop = true
override = true

[[sampling.rules]]
method = "POST"
attributes = { "url.path" = "/^.search/" }
rate = 0.5
"""
KEEP = """
[sampling]
default = 0.25
parent = "ignore"
keep = { errors = true }

[[sampling.rules]]
path = "/probe"
drop = true

[[sampling.rules]]
route = "/search"
rate = 0.5
"""
TRACES = 300
_LIMIT = "NINEFOLD_SAMPLING_TARGET_PER_S"
"""There is none, as `tests/conftest.py` has it for what is made for one test."""
ROUTES = (("GET", "/pay/{what}"), ("GET", "/probe"), ("POST", "/search"), ("GET", "/items/{item}"))


@pytest.fixture(scope="module", params=["respect", "ignore"])
def rules(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of rules that follows callers, or decides by itself."""
    file = tmp_path_factory.mktemp("rules") / "ninefold.toml"
    file.write_text(RULES.replace("PARENT", request.param))
    return file


def _requests() -> Iterator[tuple[str, str, str]]:
    """Method, path and `traceparent`, of a caller that keeps its traces."""
    chance = random.Random(7)
    for number in range(TRACES):
        method, template = ROUTES[number % len(ROUTES)]
        path = template.replace("{what}", "card").replace("{item}", str(number))
        yield method, path, f"00-{chance.getrandbits(128):032x}-b7ad6b7169203331-01"


def _answer(item: int = 0) -> dict[str, str]:
    """Fails now and then: in the middle of the trace, or as a whole."""
    with trace.get_tracer("shop").start_as_current_span("inner") as span:
        if item % 5 == 4:
            span.set_status(trace.StatusCode.ERROR)
    if item % 7 == 6:
        raise HTTPException(500)
    return {}


async def _ask(app: Any) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        for method, path, parent in _requests():
            found = await client.request(method, path, headers={"traceparent": parent})
            assert found.status_code in (200, 500)


def _app(service: nf.Service) -> Any:
    app = FastAPI()
    for method, template in ROUTES:
        app.add_api_route(template, _answer, methods=[method])
    return service.instrument(app)


def _served(**settings: Any) -> Sequence[ReadableSpan]:
    """The spans that a service with these settings exports when the requests come."""
    with CapturedTelemetry() as telemetry:
        service = nf.setup("shop", **settings)
        telemetry.capture(service, sampled=True)
        asyncio.run(_ask(_app(service)))
        return telemetry.spans


def _ids(spans: Sequence[ReadableSpan]) -> set[int]:
    return {span.context.trace_id for span in spans if span.context is not None}


def _simulated(file: Path, rules: Path) -> set[int]:
    """The traces that the rules keep of those in a file."""
    parts = Parts()
    for span in Recording(str(file)).spans():
        parts.add(span)
    sampling = sampling_of(read(code={}, environ={"NINEFOLD_CONFIG": str(rules), _LIMIT: "inf"}))
    return {each.part.first.trace_id for each in replay(parts.all(), sampling) if each.kept}


@pytest.fixture(scope="module")
def everything() -> Sequence[ReadableSpan]:
    """What a service exports that keeps all."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(_LIMIT, "inf")
        spans = _served(sampling=nf.Sampling(default=1.0, parent="ignore"))
    assert len(spans) == 2 * TRACES
    return spans


@pytest.fixture(scope="module")
def kept(rules: Path) -> set[int]:
    """The traces that a service with the rules exports."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(_LIMIT, "inf")
        environment.setenv("NINEFOLD_CONFIG", str(rules))
        found = _ids(_served())
    assert 0 < len(found) < TRACES
    return found


@pytest.mark.parametrize("form", FORMS)
def test_what_is_simulated_is_what_a_service_with_the_rules_keeps(
    form: str, rules: Path, everything: Sequence[ReadableSpan], kept: set[int], tmp_path: Path
) -> None:
    """Trace by trace: of what the SDK's encoder wrote, in each form that a file may have."""
    file = tmp_path / "traces"
    file.write_bytes(
        FORMS[form](TracesData(resource_spans=encode_spans(everything).resource_spans))
    )
    assert _simulated(file, rules) == kept


def test_what_is_kept_for_its_end_is_what_a_service_exports(
    everything: Sequence[ReadableSpan],
    otlp_sink: OtlpSink,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Errors within a trace and at its end, a rule by route, and a rule that drops for good."""
    file, rules = tmp_path / "traces.jsonl", tmp_path / "keep.toml"
    file.write_bytes(json_lines(TracesData(resource_spans=encode_spans(everything).resource_spans)))
    rules.write_text(KEEP)
    monkeypatch.setenv("NINEFOLD_CONFIG", str(rules))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", otlp_sink.http_endpoint)
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
    service = nf.setup("shop")
    asyncio.run(_ask(_app(service)))
    assert service.shutdown(), "all is exported"
    kept = {int(span.trace_id, 16) for span in otlp_sink.spans()}
    assert 0 < len(kept) < TRACES
    assert _simulated(file, rules) == kept
    failed = {int(span.trace_id, 16) for span in otlp_sink.spans(status="error")}
    assert len(failed) > len(_failed(everything)) / 2
    assert failed == {each for each in _failed(everything) if each in kept}


def _failed(spans: Sequence[ReadableSpan]) -> set[int]:
    return _ids([span for span in spans if span.status.status_code is trace.StatusCode.ERROR])


def test_what_went_through_a_collector_is_the_same(
    rotel: Rotel,
    otlp_sink: OtlpSink,
    rules: Path,
    everything: Sequence[ReadableSpan],
    kept: set[int],
    tmp_path: Path,
) -> None:
    """Exported by OTLP, batched anew and passed on by a real Collector."""
    exporter = OTLPSpanExporter(f"{rotel.endpoint('http/protobuf')}/v1/traces")
    for start in range(0, len(everything), 100):
        assert exporter.export(everything[start : start + 100]) is SpanExportResult.SUCCESS
    exporter.shutdown()  # type: ignore[no-untyped-call]  # the SDK's has no types
    otlp_sink.wait_for(lambda: len(otlp_sink.spans()) == len(everything))
    file = tmp_path / "traces.jsonl"
    requests = [
        TracesData(resource_spans=cast("Any", one.request).resource_spans)
        for one in otlp_sink.received
        if one.signal == "traces"
    ]
    file.write_bytes(json_lines(*requests))
    assert _simulated(file, rules) == kept
    arguments = ["sampling", "simulate", "--rules", str(rules), str(file), "--format", "json"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["traffic"]["spans"] == len(everything)
    assert report["simulations"][0]["total"]["traces"]["kept"] == len(kept)
