"""The parts that integration tests stand on do what they say, without ninefold in between."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import grpc
import prometheus_client
import pytest
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import (
    OTLPMetricExporter as GrpcMetricExporter,
)
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (
    OTLPSpanExporter as GrpcSpanExporter,
)
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import (
    OTLPMetricExporter as HttpMetricExporter,
)
from opentelemetry.exporter.otlp.proto.http.trace_exporter import (
    OTLPSpanExporter as HttpSpanExporter,
)
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from tests.support.net import LOOPBACK, Answer, free_port, http, is_listening
from tests.support.otlp_sink import Failure, OtlpSink
from tests.support.process import clean_environment
from tests.support.prometheus import Prometheus, promtool
from tests.support.rotel import Rotel
from tests.support.servers import Serve
from tests.support.tcp_proxy import Fault, TcpProxy

PROTOCOLS = ["grpc", "http/protobuf"]


@contextmanager
def sdk(endpoint: str, protocol: str) -> Iterator[tuple[TracerProvider, MeterProvider]]:
    """The SDK's own providers and exporters, flushed at the end."""
    if protocol == "grpc":
        spans = GrpcSpanExporter(endpoint=endpoint, insecure=True)
        metrics = GrpcMetricExporter(endpoint=endpoint, insecure=True)
    else:
        spans = HttpSpanExporter(endpoint=f"{endpoint}/v1/traces", compression=Compression.Gzip)
        metrics = HttpMetricExporter(endpoint=f"{endpoint}/v1/metrics")
    tracing = TracerProvider(shutdown_on_exit=False)
    tracing.add_span_processor(SimpleSpanProcessor(spans))
    buckets = View(instrument_name="wait", aggregation=ExplicitBucketHistogramAggregation([1, 2]))
    metering = MeterProvider(
        [PeriodicExportingMetricReader(metrics)], views=[buckets], shutdown_on_exit=False
    )
    yield tracing, metering
    tracing.shutdown()
    metering.shutdown()


def emit(endpoint: str, protocol: str) -> None:
    """One trace of two spans, three records and one counter through the SDK."""
    with sdk(endpoint, protocol) as (tracing, metering):
        tracer, meter = tracing.get_tracer("tests"), metering.get_meter("tests")
        with tracer.start_as_current_span("outer"), tracer.start_as_current_span("inner") as span:
            span.set_attribute("words", ["a", "b"])
            span.add_event("said", {"what": "hello"})
        histogram = meter.create_histogram("wait", "s")
        for seconds in (0.5, 1.5, 1.5):
            histogram.record(seconds, {"queue": "a"})
        meter.create_counter("done", "{item}").add(7)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_sink_keeps_what_the_sdk_sends(otlp_sink: OtlpSink, protocol: str) -> None:
    """Spans and points arrive whole, by either protocol, compressed or not."""
    emit(otlp_sink.endpoint(protocol), protocol)

    inner, outer = otlp_sink.spans(scope="tests")
    assert (inner.name, inner.kind, inner.status) == ("inner", "internal", "unset")
    assert (outer.name, outer.parent) == ("outer", "")
    assert (inner.parent, inner.trace_id) == (outer.span_id, outer.trace_id)
    assert inner.attributes == {"words": ["a", "b"]}
    assert inner.events == (("said", {"what": "hello"}),)
    assert 0 < outer.start <= inner.start <= inner.end <= outer.end

    [wait] = otlp_sink.latest("wait")
    assert (wait.kind, wait.unit, wait.temporality) == ("histogram", "s", "cumulative")
    assert (wait.count, wait.value, wait.attributes) == (3, 3.5, {"queue": "a"})
    assert (wait.buckets, wait.bounds) == ((1, 2, 0), (1.0, 2.0))
    [done] = otlp_sink.latest("done")
    assert (done.kind, done.monotonic, done.value) == ("sum", True, 7)
    assert {one.protocol for one in otlp_sink.received} == {protocol}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_collector_receives_and_passes_on(
    rotel: Rotel, otlp_sink: OtlpSink, protocol: str
) -> None:
    """What is sent to rotel stands in its log and comes out of it unchanged."""
    emit(rotel.endpoint(protocol), protocol)
    spans = otlp_sink.wait_for(lambda: len(otlp_sink.spans()) == 2 and otlp_sink.spans())
    assert spans is not False
    assert sorted(span.name for span in spans) == ["inner", "outer"]
    [wait] = otlp_sink.wait_for(lambda: otlp_sink.latest("wait"))
    assert (wait.count, wait.buckets) == (3, (1, 2, 0))
    assert sorted(rotel.span_names()) == ["inner", "outer"]
    assert set(rotel.metric_names()) == {"wait", "done"}


def post(sink: OtlpSink, signal: str = "logs", body: bytes = b"") -> Answer:
    """One export by HTTP, without any exporter's retries."""
    return http(f"{sink.http_endpoint}/v1/{signal}", method="POST", body=body, timeout=5)


def call(sink: OtlpSink, timeout: float = 5) -> bytes:
    """One export by gRPC, without any exporter's retries."""
    with grpc.insecure_channel(f"{LOOPBACK}:{sink.grpc_port}") as channel:
        export = channel.unary_unary("/opentelemetry.proto.collector.logs.v1.LogsService/Export")
        return bytes(export(ExportLogsServiceRequest().SerializeToString(), timeout=timeout))


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (Failure.THROTTLE, 429, grpc.StatusCode.RESOURCE_EXHAUSTED),
        (Failure.UNAVAILABLE, 503, grpc.StatusCode.UNAVAILABLE),
    ],
)
def test_a_failing_sink_answers_with_the_error_and_keeps_nothing(
    otlp_sink: OtlpSink, failure: Failure, status: int, code: grpc.StatusCode
) -> None:
    """Each failure has its HTTP status and gRPC code, and is over with its block."""
    with otlp_sink.failing(failure):
        answer = post(otlp_sink)
        with pytest.raises(grpc.RpcError) as caught:
            call(otlp_sink)
    assert answer.status == status
    assert answer.headers["Retry-After"] == ("1" if status == 429 else None)
    assert isinstance(caught.value, grpc.Call)
    assert caught.value.code() is code
    metadata = dict(caught.value.trailing_metadata() or ())
    assert ("grpc-status-details-bin" in metadata) == (failure is Failure.THROTTLE)
    assert (otlp_sink.failed, otlp_sink.received) == (2, ())
    assert post(otlp_sink).status == 200
    assert call(otlp_sink) == b""
    assert [one.protocol for one in otlp_sink.received] == ["http/protobuf", "grpc"]


def test_a_sink_that_refuses_resets_the_connection(otlp_sink: OtlpSink) -> None:
    """A refused HTTP export gets no answer at all."""
    with otlp_sink.failing(Failure.REFUSE), pytest.raises(OSError):
        post(otlp_sink)
    assert otlp_sink.failed == 1


def test_a_sink_that_hangs_answers_nobody_until_it_is_over(otlp_sink: OtlpSink) -> None:
    """A hanging export runs into its own deadline, by either protocol."""
    with otlp_sink.failing(Failure.HANG):
        with pytest.raises(TimeoutError):
            http(f"{otlp_sink.http_endpoint}/v1/logs", method="POST", body=b"", timeout=0.2)
        with pytest.raises(grpc.RpcError) as caught:
            call(otlp_sink, timeout=0.2)
    assert isinstance(caught.value, grpc.Call)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert otlp_sink.received == ()


def test_a_sink_can_answer_garbage_and_refuses_garbage(otlp_sink: OtlpSink) -> None:
    """Garbage goes out with status 200; garbage that comes in is a 400 and is not kept."""
    with otlp_sink.failing(Failure.GARBAGE):
        assert post(otlp_sink).body.startswith(b"\xff")
        assert call(otlp_sink).startswith(b"\xff")
    assert post(otlp_sink, body=b"\xff\xff\xff").status == 400
    assert post(otlp_sink, signal="tunes").status == 404
    assert otlp_sink.received == ()


def test_prometheus_scrapes_and_answers_exactly(
    prometheus: Callable[..., Prometheus],
) -> None:
    """What a prometheus_client endpoint exposes is what a query gives, labels included."""
    registry = prometheus_client.CollectorRegistry()
    counter = prometheus_client.Counter("pies", "Baked.", ["kind"], registry=registry)
    counter.labels("apple").inc(3)
    exposition, serving = prometheus_client.start_http_server(0, LOOPBACK, registry)
    try:
        server = prometheus({"bakery": [f"{LOOPBACK}:{exposition.server_port}"]})
        [sample] = server.wait_for("pies_total")
        assert sample.value == 3
        assert sample.labels["kind"] == "apple"
        assert sample.labels["job"] == "bakery"
        counter.labels("apple").inc(2)
        server.wait_for("sum(pies_total)", lambda found: found[0].value == 5)
    finally:
        exposition.shutdown()
        exposition.server_close()
        serving.join(10)


def test_promtool_tells_good_exposition_from_bad() -> None:
    """Clean text passes; a counter that is no number does not."""
    good = "# HELP a_total Things.\n# TYPE a_total counter\na_total 1\n"
    assert promtool("check", "metrics", given=good).returncode == 0
    bad = promtool("check", "metrics", given="a_total one\n")
    assert bad.returncode != 0
    assert "expected float" in bad.stderr


@pytest.fixture
def upstream() -> Iterator[int]:
    """The port of a small HTTP server."""
    registry = prometheus_client.CollectorRegistry()
    server, thread = prometheus_client.start_http_server(0, LOOPBACK, registry)
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join(10)


def ask(port: int) -> bytes:
    """Send a request and read, until the end or an error, an answer that must come soon."""
    with socket.create_connection((LOOPBACK, port), timeout=0.3) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return read(connection)


def read(connection: socket.socket) -> bytes:
    """Everything up to the end of the connection."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.REFUSE, ConnectionRefusedError),
        (Fault.RESET, ConnectionResetError),
        (Fault.HANG, TimeoutError),
        (Fault.DROP, TimeoutError),
    ],
)
def test_a_proxy_fault_is_what_the_client_sees_while_it_lasts(
    tcp_proxy: Callable[[int], TcpProxy], upstream: int, fault: Fault, error: type[OSError]
) -> None:
    """Each fault gives its own error, and the next connection after it works again."""
    proxy = tcp_proxy(upstream)
    with socket.create_connection((LOOPBACK, proxy.port), timeout=5) as before:
        assert before.getpeername()[1] == proxy.port
    proxy.fault = fault
    with pytest.raises(error):
        ask(proxy.port)
    proxy.fault = Fault.NONE
    assert http(f"http://{LOOPBACK}:{proxy.port}/").status == 200


def test_a_proxy_delays_and_cuts_established_connections(
    tcp_proxy: Callable[[int], TcpProxy], otlp_sink: OtlpSink
) -> None:
    """A delay holds an answer back longer than a short timeout; a cut ends a live connection."""
    proxy = tcp_proxy(otlp_sink.http_port)
    proxy.delay = 0.5
    with pytest.raises(TimeoutError):
        http(f"http://{LOOPBACK}:{proxy.port}/", method="POST", body=b"", timeout=0.2)
    proxy.delay = 0.0
    # The sink keeps connections alive: without the cut the next read would wait for ever.
    with socket.create_connection((LOOPBACK, proxy.port), timeout=5) as connection:
        connection.sendall(b"POST /v1/logs HTTP/1.1\r\nHost: here\r\nContent-Length: 0\r\n\r\n")
        assert connection.recv(4) == b"HTTP"
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            read(connection)


def test_a_free_port_is_free() -> None:
    """Nobody listens on it, and one can."""
    port = free_port()
    assert not is_listening(port)
    with socket.create_server((LOOPBACK, port)):
        assert is_listening(port)


@pytest.mark.parametrize("framework", ["asgi", "wsgi"])
def test_an_application_runs_in_a_process_of_its_own(
    framework: str, serve_asgi: Serve, serve_wsgi: Serve
) -> None:
    """Each server passes the settings on, answers, and ends when it is told to."""
    serve = {"asgi": serve_asgi, "wsgi": serve_wsgi}[framework]
    server = serve(f"tests.integration.apps.plain:{framework}", GREETING="hello")
    answer = server.request("/")
    assert (answer.status, answer.text) == (200, "hello")
    assert server.process.status is None
    assert server.process.stop() in (0, -signal.SIGTERM)
    assert not is_listening(server.port)


def test_a_process_keeps_its_log_and_no_setting_of_this_machine(
    serve_asgi: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the application wrote can be read, and the test run's own OTEL_* stay out of it."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert "OTEL_SDK_DISABLED" not in clean_environment()
    assert clean_environment({"OTEL_SDK_DISABLED": "true"})["OTEL_SDK_DISABLED"] == "true"
    server = serve_asgi("tests.integration.apps.plain:asgi", GREETING="hello")
    assert server.request("/fail").status == 500
    assert "asked to fail" in server.process.log


def test_an_application_that_cannot_start_fails_at_once_with_its_log(serve_asgi: Serve) -> None:
    """A wrong module name is not waited for."""
    with pytest.raises(RuntimeError, match="no_such_module"):
        serve_asgi("tests.integration.apps.no_such_module:app")
