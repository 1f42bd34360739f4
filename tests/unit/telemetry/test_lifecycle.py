"""Nothing begins before its time, and everything ends in bounded time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry import metrics, trace
from tests.support.child import run
from tests.support.net import free_port
from tests.support.otlp_sink import Failure, OtlpSink
from tests.support.tcp_proxy import Fault, TcpProxy
from tests.support.waiting import LATE

import ninefold as nf

Collect = Callable[..., Any]

NEVER = "60000"
"""Milliseconds: an export that hangs is not given up within a test."""
EMIT = """
import os, sys, threading
from opentelemetry import metrics, trace
import ninefold as nf
service = nf.setup("child")
metrics.get_meter("app").create_counter("orders").add(3)
trace.get_tracer("app").start_span("work").end()
"""


def test_set_up_starts_no_thread(monkeypatch: pytest.MonkeyPatch, otlp_sink: OtlpSink) -> None:
    """Before the first use there is no thread and no connection; the first use brings them."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", otlp_sink.http_endpoint)
    before = set(threading.enumerate())
    service = nf.setup("threads", prometheus=True)
    try:
        counter = metrics.get_meter("app").create_counter("orders")
        tracer = trace.get_tracer("app")
        assert set(threading.enumerate()) <= before
        assert service.telemetry.pipeline.built is None
        counter.add(1)
        tracer.start_span("work").end()
        assert set(threading.enumerate()) - before
        assert service.force_flush()
        assert otlp_sink.spans(name="work")
    finally:
        assert service.shutdown()
    # A thread of the test's sink that handles a kept-alive connection is not ours.
    ours = {thread.name for thread in set(threading.enumerate()) - before}
    assert not {name for name in ours if name.startswith(("Otel", "ninefold"))}


def test_importing_ninefold_imports_no_sdk() -> None:
    """`import ninefold` loads neither the SDK, nor an exporter, nor a framework."""
    out = run(
        """
        import sys
        import ninefold
        heavy = ("opentelemetry.sdk", "opentelemetry.exporter", "grpc", "fastapi", "flask", "yaml")
        print([name for name in sys.modules if name.startswith(heavy)])
        """
    )
    assert out.strip() == "[]"


def test_set_up_imports_no_exporter_that_is_not_configured() -> None:
    """Without an endpoint setup() loads no OTLP exporter and no gRPC."""
    out = run(
        """
        import sys
        import ninefold as nf
        nf.setup("bare")
        print([name for name in sys.modules if name.startswith(("grpc", "opentelemetry.exporter"))])
        """
    )
    assert out.strip() == "[]"


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
@pytest.mark.parametrize("status", [0, 3])
def test_what_is_held_is_exported_at_exit(otlp_sink: OtlpSink, protocol: str, status: int) -> None:
    """A process that just ends loses nothing, and its exit status is what it was."""
    run(
        EMIT + f"sys.exit({status})",
        env={
            "OTEL_EXPORTER_OTLP_ENDPOINT": otlp_sink.endpoint(protocol),
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        },
        status=status,
    )
    assert [span.name for span in otlp_sink.spans()] == ["work"]
    assert [point.value for point in otlp_sink.latest("orders")] == [3]


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
@pytest.mark.parametrize("fault", [Fault.HANG, Fault.REFUSE])
def test_a_dead_collector_does_not_hold_up_the_exit(
    otlp_sink: OtlpSink, protocol: str, fault: Fault
) -> None:
    """With a collector that hangs or is gone, shutdown takes what it may and the status stays."""
    with TcpProxy(otlp_sink.http_port) as proxy:
        proxy.fault = fault
        out = run(
            EMIT
            + """
import time
began = time.monotonic()
ended = service.shutdown(1.0)
print(time.monotonic() - began)
sys.exit(3)
""",
            env={
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{proxy.port}",
                "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
                "OTEL_EXPORTER_OTLP_TIMEOUT": NEVER,
            },
            status=3,
        )
    assert float(out.splitlines()[-1]) < LATE


def test_all_signals_share_the_time_of_the_end(
    monkeypatch: pytest.MonkeyPatch, otlp_sink: OtlpSink
) -> None:
    """Each signal's last export hangs, and together they take one timeout, not one each."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", otlp_sink.http_endpoint)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", NEVER)
    monkeypatch.setenv("OTEL_LOGS_EXPORTER", "otlp")
    with otlp_sink.failing(Failure.HANG):
        service = nf.setup("hangs")
        metrics.get_meter("app").create_counter("orders").add(1)
        trace.get_tracer("app").start_span("work").end()
        began = time.monotonic()
        assert not service.shutdown(2.0)
        # With a time for each it would be three.
        assert time.monotonic() - began < 3 * 2.0
    assert nf.setup("again").shutdown()


def test_a_flush_tells_whether_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """force_flush is True when everything went out and returns in time when nothing can."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", NEVER)
    service = nf.setup("flush")
    try:
        assert service.force_flush()
        trace.get_tracer("app").start_span("work").end()
        began = time.monotonic()
        service.force_flush(0.5)
        assert time.monotonic() - began < LATE
    finally:
        service.shutdown(0.5)


def test_shutdown_twice_and_a_use_after_it_do_nothing(collect: Collect) -> None:
    """A second shutdown is done already; recording afterwards does nothing."""
    seen = collect()
    counter = metrics.get_meter("app").create_counter("orders")
    counter.add(1)
    assert seen.service.shutdown()
    assert seen.service.shutdown()
    before = set(threading.enumerate())
    counter.add(1)
    with trace.get_tracer("app").start_as_current_span("late") as span:
        assert not span.is_recording()
    assert seen.service.force_flush()
    assert set(threading.enumerate()) <= before


def test_prometheus_can_still_be_asked_after_shutdown() -> None:
    """A scrape that comes late is answered, it does not raise into the server."""
    service = nf.setup("scraped", prometheus=True)
    metrics.get_meter("app").create_counter("orders").add(1)
    assert b"orders_total" in service.expose("")[0]
    service.shutdown()
    body, kind = service.expose("")
    assert isinstance(body, bytes)
    assert kind.startswith("text/plain")


def test_a_service_that_ended_unused_is_not_built_any_more() -> None:
    """A scrape after shutdown begins nothing: no thread, and an empty answer."""
    service = nf.setup("unused", prometheus=True)
    service.shutdown()
    before = set(threading.enumerate())
    assert service.expose("") == (b"", "text/plain; version=0.0.4; charset=utf-8")
    assert set(threading.enumerate()) <= before


def test_shutdown_through_the_global_provider_ends_it_too(collect: Collect) -> None:
    """Code that knows OpenTelemetry alone ends the pipeline by the provider's own method."""
    seen = collect()
    trace.get_tracer("app").start_span("work").end()
    provider: Any = trace.get_tracer_provider()
    assert provider.force_flush()
    provider.shutdown()
    assert [span.name for span in seen.spans] == ["work"]
    assert not seen.service.telemetry.pipeline.traces
