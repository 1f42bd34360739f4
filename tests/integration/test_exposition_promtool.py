"""The exposition as Prometheus's own tools judge it: promtool, and a server that scrapes it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry import context, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from tests.support.net import LOOPBACK
from tests.support.prometheus import Prometheus, promtool

from ninefold.telemetry._prometheus import PrometheusReader


def _shop(*, created: bool = False) -> tuple[PrometheusReader, list[trace.SpanContext]]:
    """A reader over one instrument of each kind and each difficulty, and the traces recorded."""
    reader = PrometheusReader(created=created)
    provider = MeterProvider(
        [reader],
        resource=Resource({"service.name": "shop", "service.version": "1.0"}),
        views=[View(instrument_name="size", aggregation=ExponentialBucketHistogramAggregation())],
        shutdown_on_exit=False,
    )
    meter = provider.get_meter("shop")
    about = 'says "so",\n\\ twice'
    duration = meter.create_histogram(
        "http.server.request.duration",
        "s",
        about,
        explicit_bucket_boundaries_advisory=[0.005, 0.1, 1, 2.5],
    )
    traces = []
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("shop")
    for seconds in (0.001, 0.05, 3.0):
        span = tracer.start_span("request")
        token = context.attach(trace.set_span_in_context(span))
        duration.record(seconds, {"http.route": about, "http.response.status_code": 200})
        context.detach(token)
        traces.append(span.get_span_context())
    # The same series for Prometheus, other attributes for the SDK.
    duration.record(0.2, {"http.route": about, "http.response.status_code": "200"})
    meter.create_counter("io.bytes_total", "By", about).add(10, {"a.b": "1", "a_b": "2"})
    meter.create_up_down_counter("http.server.active_requests", "{request}", about).add(1)
    meter.create_gauge("saturation.utilization", "1", about).set(0.5, {"日本": "語 \x00\x7f\u2028"})
    meter.create_gauge("level", "", about).set(-1.5)
    meter.create_histogram("size", "By", about).record(100)
    meter.create_gauge("io.bytes.total", "By", about).set(1)
    return reader, traces


@pytest.mark.parametrize("created", [False, True])
def test_promtool_has_no_complaint(created: bool) -> None:
    """`promtool check metrics` accepts the text format and has no advice on it."""
    reader, _ = _shop(created=created)
    body, _ = reader.expose()
    result = promtool("check", "metrics", given=body.decode())
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_promtool_sees_what_is_wrong() -> None:
    """The check can fail: a counter that is not named as one is advised against."""
    reader, _ = _shop()
    body, _ = reader.expose()
    wrong = "# HELP more More\n# TYPE more counter\nmore 2\n"
    result = promtool("check", "metrics", given=body.decode() + wrong)
    assert result.returncode != 0
    assert "more counter metrics should have" in result.stdout + result.stderr


@contextmanager
def _served(reader: PrometheusReader, asked: list[str]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer a scrape."""
            asked.append(self.headers.get("Accept", ""))
            scrape = reader.scrape(self.headers.get("Accept"), self.headers.get("Accept-Encoding"))
            self.send_response(200)
            for name, value in scrape.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(scrape.body)

        def log_message(self, *_: object) -> None:
            """Say nothing: the test asserts."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"{LOOPBACK}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_prometheus_stores_series_and_exemplars(tmp_path: Path) -> None:
    """A real server scrapes OpenMetrics, stores the names as stated, and finds the traces."""
    reader, traces = _shop()
    asked: list[str] = []
    with _served(reader, asked) as target:
        prometheus = Prometheus(tmp_path / "prometheus", {"shop": [target]})
        with prometheus.process:
            prometheus.wait_until_ready()
            (count,) = prometheus.wait_for("http_server_request_duration_seconds_count")
            (up,) = prometheus.query("up")
            (info,) = prometheus.query("target_info")
            (size,) = prometheus.query("size_bytes_sum")
            (io,) = prometheus.query("io_bytes_total")
            (share,) = prometheus.query("saturation_utilization_ratio")
            metadata = prometheus.api("metadata")
            exemplars = prometheus.exemplars("http_server_request_duration_seconds_bucket")

    assert asked[0].startswith("application/openmetrics-text")
    assert up.value == 1
    assert count.value == 4
    assert count.labels["http_response_status_code"] == "200"
    assert count.labels["http_route"] == 'says "so",\n\\ twice'
    assert info.labels["service_name"] == "shop"
    assert size.value == 100
    assert (io.value, io.labels["a_b"]) == (10, "1;2")
    assert share.labels["_"] == "語 \x00\x7f\u2028"
    assert metadata["http_server_request_duration_seconds"] == [
        {"type": "histogram", "help": 'says "so",\n\\ twice', "unit": "seconds"}
    ]
    assert {one["labels"]["trace_id"] for one in exemplars} == {
        f"{one.trace_id:032x}" for one in traces
    }, json.dumps(exemplars)
