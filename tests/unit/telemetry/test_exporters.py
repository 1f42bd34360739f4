"""Exporters: what the settings name is what sends, and what cannot be sent is counted."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk._logs import LoggingHandler
from opentelemetry.sdk.metrics.export import (
    InMemoryMetricReader,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.support.child import run
from tests.support.otlp_sink import Failure, OtlpSink
from tests.support.waiting import LATE

import ninefold as nf
from ninefold.config import load
from ninefold.telemetry import Faults
from ninefold.telemetry._exporters import exporter_makers
from ninefold.telemetry._guarded import (
    GuardedLogExporter,
    GuardedMetricExporter,
    GuardedSpanExporter,
)

Collect = Callable[..., Any]


def emit() -> None:
    """One span and one counter."""
    metrics.get_meter("app").create_counter("orders").add(3)
    trace.get_tracer("app").start_span("work").end()


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
@pytest.mark.parametrize("compression", ["gzip", "deflate", "none"])
def test_spans_and_metrics_arrive(
    monkeypatch: pytest.MonkeyPatch, otlp_sink: OtlpSink, protocol: str, compression: str
) -> None:
    """By either protocol and compression, with headers, resource and scope."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", otlp_sink.endpoint(protocol))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", compression)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "X-Tenant=acme")
    service = nf.setup("sends", version="1.2", environment="test", owner="payments")
    try:
        emit()
        assert service.force_flush()
    finally:
        assert service.shutdown()
    [span] = otlp_sink.spans(name="work")
    [point] = otlp_sink.latest("orders")
    assert (span.scope, point.value) == ("app", 3)
    assert {one.protocol for one in otlp_sink.received} == {protocol}
    assert {one.headers.get("x-tenant") for one in otlp_sink.received} == {"acme"}
    assert otlp_sink.failed == 0
    assert span.resource["service.name"] == "sends"
    assert span.resource["service.version"] == "1.2"
    assert span.resource["deployment.environment.name"] == "test"
    assert span.resource["ninefold.service.owner"] == "payments"
    assert span.resource["service.instance.id"] == point.resource["service.instance.id"]


def test_each_signal_may_go_its_own_way(
    monkeypatch: pytest.MonkeyPatch, otlp_sink: OtlpSink
) -> None:
    """A signal's own endpoint, protocol and headers are taken for it alone."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{otlp_sink.http_endpoint}/v1/traces")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-of=traces")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", otlp_sink.grpc_endpoint)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "grpc")
    service = nf.setup("sends")
    try:
        emit()
        assert service.force_flush()
    finally:
        assert service.shutdown()
    ways = {(one.signal, one.protocol, one.headers.get("x-of")) for one in otlp_sink.received}
    assert ways == {("traces", "http/protobuf", "traces"), ("metrics", "grpc", None)}


@pytest.mark.filterwarnings("ignore:`LoggingHandler`:DeprecationWarning")
def test_log_records_go_where_they_are_told(
    monkeypatch: pytest.MonkeyPatch, otlp_sink: OtlpSink
) -> None:
    """With a logs exporter the global logger provider is ours, and records arrive."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", otlp_sink.http_endpoint)
    monkeypatch.setenv("OTEL_LOGS_EXPORTER", "otlp")
    logger = logging.getLogger("shop.orders")
    service = nf.setup("logs")
    try:
        logger.addHandler(LoggingHandler())
        logger.warning("hello")
        assert service.force_flush()
    finally:
        logger.handlers.clear()
        assert service.shutdown()
    assert [record.body for record in otlp_sink.logs()] == ["hello"]


@pytest.mark.parametrize("signal", ["traces", "metrics", "logs"])
def test_the_timeout_is_in_milliseconds(otlp_sink: OtlpSink, signal: Any) -> None:
    """An export to a collector that hangs is given up after the specification's milliseconds."""
    settings = load(
        code={},
        environ={
            "OTEL_EXPORTER_OTLP_ENDPOINT": otlp_sink.http_endpoint,
            "OTEL_EXPORTER_OTLP_TIMEOUT": "200",
            "OTEL_LOGS_EXPORTER": "otlp",
        },
    )
    [make] = exporter_makers(settings, signal)
    guards: dict[str, Any] = {
        "traces": GuardedSpanExporter,
        "metrics": GuardedMetricExporter,
        "logs": GuardedLogExporter,
    }
    exporter = guards[signal](make(), Faults())
    nothing: Any = MetricsData([]) if signal == "metrics" else []
    with otlp_sink.failing(Failure.HANG):
        began = time.monotonic()
        exporter.export(nothing)
        # 200 seconds, if they were taken for that.
        assert time.monotonic() - began < LATE
    exporter.shutdown()
    assert otlp_sink.failed


@pytest.mark.parametrize("signal", ["traces", "metrics", "logs"])
def test_grpc_gets_the_same_timeout(signal: Any) -> None:
    """Over gRPC too the exporter is given seconds that were written as milliseconds."""
    settings = load(
        code={},
        environ={
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "1500",
            "OTEL_LOGS_EXPORTER": "otlp",
        },
    )
    [make] = exporter_makers(settings, signal)
    exporter = make()
    assert exporter._timeout == 1.5
    exporter.shutdown()


def test_console_exporters_write() -> None:
    """`console` prints spans and metrics: a first look needs no collector."""
    out = run(
        """
        from opentelemetry import metrics, trace
        import ninefold as nf
        nf.setup("prints")
        metrics.get_meter("app").create_counter("orders").add(3)
        trace.get_tracer("app").start_span("work").end()
        """,
        env={"OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "console"},
    )
    assert '"name": "work"' in out
    assert '"name": "orders"' in out


@pytest.mark.parametrize("signal", ["traces", "metrics", "logs"])
def test_an_unknown_exporter_is_told(monkeypatch: pytest.MonkeyPatch, signal: str) -> None:
    """A name that nobody provides is an error at set-up, with what there is."""
    monkeypatch.setenv(f"OTEL_{signal.upper()}_EXPORTER", "pigeon")
    with pytest.raises(nf.ConfigurationError, match=f"no {signal} exporter is called 'pigeon'"):
        nf.setup("sends")


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
@pytest.mark.parametrize("what", ["CERTIFICATE", "CLIENT_KEY", "CLIENT_CERTIFICATE"])
def test_a_certificate_that_is_not_there_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, protocol: str, what: str
) -> None:
    """A file that cannot be read is an error at set-up, not a failed export later."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "https://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
    for each in {"CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"}:
        there = tmp_path / each
        there.write_text("pem")
        monkeypatch.setenv(f"OTEL_EXPORTER_OTLP_{each}", str(there))
    monkeypatch.setenv(f"OTEL_EXPORTER_OTLP_{what}", str(tmp_path / "none.pem"))
    with pytest.raises(nf.ConfigurationError, match=rf"none\.pem.*OTEL_EXPORTER_OTLP_{what}"):
        nf.setup("sends")


class Throwing(SpanExporter, MetricExporter):
    """An exporter of a third party that does not hold back."""

    def __init__(self) -> None:
        MetricExporter.__init__(self)

    def export(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("disk full")

    def shutdown(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to end."""

    def force_flush(self, timeout_millis: float = 1) -> bool:
        return True


class Failing(Throwing):
    """An exporter that says that it failed."""

    def export(self, *args: Any, **kwargs: Any) -> Any:
        return SpanExportResult.FAILURE if args[0] == ["span"] else MetricExportResult.FAILURE


class Batch:
    """As many points as were asked for, in the shape of MetricsData."""

    def __init__(self, points: int) -> None:
        self.data_points = [object()] * points
        self.data = self
        self.metrics = self.scope_metrics = self.resource_metrics = [self]


@pytest.mark.parametrize("kind", [Throwing, Failing])
def test_a_failed_export_is_counted_by_item_and_logged_once_a_minute(
    kind: type[Throwing], caplog: pytest.LogCaptureFixture
) -> None:
    """Spans, points and records that did not go out are counted under export_failed."""
    counted: dict[tuple[str, str], int] = {}

    def count(items: int, key: tuple[str, str]) -> None:
        counted[key] = counted.get(key, 0) + items

    now = 0.0
    faults = Faults(lambda: now)
    faults.count_with(count)
    spans: Sequence[Any] = ["span"]
    data: Any = Batch(4)
    for _ in range(2):
        assert GuardedSpanExporter(kind(), faults).export(spans) is SpanExportResult.FAILURE
        result = GuardedMetricExporter(kind(), faults).export(data)
        assert result is MetricExportResult.FAILURE
        GuardedLogExporter(kind(), faults).export([1, 2, 3])
    assert {key: value for key, value in counted.items() if value} == {
        ("traces", "export_failed"): 2,
        ("metrics", "export_failed"): 8,
        ("logs", "export_failed"): 6,
    }
    assert len(caplog.records) == 3
    now = 61.0
    GuardedSpanExporter(kind(), faults).export(spans)
    assert "dropped 2 item(s) of traces" in caplog.records[-1].getMessage()


@pytest.mark.parametrize("processor", [SimpleSpanProcessor, BatchSpanProcessor])
def test_an_exporter_that_the_caller_brings_along_is_counted_too(
    collect: Collect, processor: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Of readers and processors that setup() is given what their exporters lose is counted."""
    reader = InMemoryMetricReader()
    pushing = PeriodicExportingMetricReader(Throwing(), export_interval_millis=math.inf)
    seen = collect(readers=[reader, pushing], span_processors=[processor(Throwing())])
    seen.reader = reader
    for _ in range(3):
        emit()
        seen.service.force_flush()
    lost = seen.dropped()
    assert lost["traces", "export_failed"] == 3
    assert lost["metrics", "export_failed"] >= 3
    assert [record.name for record in caplog.records] == ["ninefold.telemetry"] * 2


class Busy(InMemorySpanExporter):
    """An exporter that is busy until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def export(self, spans: Sequence[Any]) -> Any:
        logging.getLogger(__name__).warning("busy")
        self.let_go.wait(30)
        return super().export(spans)


class Choosy(BatchSpanProcessor):
    """A processor that leaves out what it is not there for."""

    def on_end(self, span: Any) -> None:
        if span.name != "work":
            super().on_end(span)


def test_a_queue_of_the_callers_own_is_counted_to_the_last_span(
    collect: Collect, caplog: pytest.LogCaptureFixture
) -> None:
    """What finds no room is counted while it is full; what its exporter says is logged as ever."""
    exporter = Busy()
    batching = BatchSpanProcessor(exporter, max_queue_size=8, max_export_batch_size=4)
    seen = collect(span_processors=[batching])
    for _ in range(50):
        emit()
    lost = seen.dropped()["traces", "queue_full"]
    exporter.let_go.set()
    assert seen.service.force_flush(30)
    assert len(exporter.get_finished_spans()) + lost == 50
    emit()
    assert seen.service.force_flush(30)
    assert len(exporter.get_finished_spans()) + lost == 51
    assert "busy" in caplog.messages
    assert not [line for line in caplog.messages if line.startswith("Queue")]


def test_a_processor_that_leaves_spans_out_does_not_fill_up(collect: Collect) -> None:
    """Its queue is not counted: what it leaves out would take the room of what it is for."""
    exporter = InMemorySpanExporter()
    seen = collect(span_processors=[Choosy(exporter, max_queue_size=8, max_export_batch_size=4)])
    for _ in range(50):
        emit()
    trace.get_tracer("app").start_span("wanted").end()
    assert seen.service.force_flush(30)
    assert [span.name for span in exporter.get_finished_spans()] == ["wanted"]
    assert ("traces", "queue_full") not in seen.dropped()


class Raising(SpanProcessor):
    """A processor of the application's that fails at whatever it is told."""

    def on_start(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("no start")

    def on_end(self, *args: Any) -> None:
        raise RuntimeError("no end")

    def _on_ending(self, *args: Any) -> None:
        raise RuntimeError("no ending")


@pytest.mark.parametrize("late", [False, True], ids=["given", "added"])
def test_a_span_processor_that_throws_costs_the_application_nothing(
    collect: Collect, late: bool
) -> None:
    """What it throws does not come out of `start_span` or `end`, and other processors go on."""
    exporter = InMemorySpanExporter()
    given = [] if late else [Raising()]
    seen = collect(span_processors=[*given, SimpleSpanProcessor(exporter)])
    if late:
        emit()
        trace.get_tracer_provider().add_span_processor(Raising())  # type: ignore[attr-defined]  # the SDK's method
    exporter.clear()
    emit()
    assert [span.name for span in exporter.get_finished_spans()] == ["work"]
    assert seen.dropped()["traces", "export_failed"] >= 2


def test_an_exporter_that_cannot_be_made_costs_nothing_else(collect: Collect) -> None:
    """One broken exporter leaves the other signals, and the application, as they should be."""
    seen = collect()

    def make() -> Any:
        trace.get_tracer("app").start_span("while it is made").end()
        raise RuntimeError("no such host")

    pipeline = seen.service.telemetry.pipeline
    pipeline._span_makers.append(make)
    pipeline._metric_makers.append(make)
    emit()
    assert "work" in [span.name for span in seen.spans]
    assert seen.points("orders") == {(): 3}
    assert seen.dropped() == {
        ("traces", "internal_error"): 1,
        ("metrics", "internal_error"): 1,
    }
