"""The `telemetry` fixture: a test sees what it measured itself, and nothing leaves the process."""

from __future__ import annotations

import subprocess
import sys

import pytest
from opentelemetry import metrics, trace

import ninefold as nf
from ninefold.registry import HTTP_SERVER_ACTIVE_REQUESTS, HTTP_SERVER_REQUEST_DURATION
from ninefold.testing import CapturedTelemetry

DURATION = "http.server.request.duration"


def serve(service: nf.Service, route: str, status: int = 200, seconds: float = 0.1) -> None:
    """Record one request as an integration does."""
    key = {
        "http.request.method": "GET",
        "url.scheme": "http",
        "http.route": route,
        "http.response.status_code": status,
    }
    histogram = service.telemetry.histogram(HTTP_SERVER_REQUEST_DURATION)
    names = HTTP_SERVER_REQUEST_DURATION.attributes
    histogram.record(seconds, tuple(key.get(name) for name in names))


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_begins_with_nothing(telemetry: CapturedTelemetry, turn: int) -> None:
    """What one test measured is not there in the next."""
    assert telemetry.points(DURATION) == ()
    assert telemetry.spans == ()
    for _ in range(turn):
        serve(telemetry.service, "/a")
    assert telemetry.value(DURATION) == turn


def test_points_are_looked_up_by_attributes(telemetry: CapturedTelemetry) -> None:
    """Dots may be underscores, several series add up, and None is an absent attribute."""
    serve(telemetry.service, "/a", seconds=0.25)
    serve(telemetry.service, "/a", 404)
    serve(telemetry.service, "/b")
    assert telemetry.value(DURATION, http_route="/a") == 2
    assert telemetry.value(DURATION, **{"http.route": "/a"}) == 2
    assert telemetry.value(DURATION, http_route="/a", http_response_status_code=404) == 1
    assert telemetry.value(DURATION, http_route="/c") == 0
    assert telemetry.value(DURATION, error_type=None) == 3
    [point] = telemetry.points(DURATION, http_route="/a", http_response_status_code=200)
    assert (point.count, point.sum) == (1, 0.25)


def test_counters_read_their_sum(telemetry: CapturedTelemetry) -> None:
    """A counter's value is what was added, up and down."""
    active = telemetry.service.telemetry.up_down_counter(HTTP_SERVER_ACTIVE_REQUESTS)
    active.add(3, ("GET", "http"))
    active.add(-1, ("GET", "http"))
    assert telemetry.value("http.server.active_requests") == 2


def test_the_applications_own_instruments_and_spans_are_captured(
    telemetry: CapturedTelemetry,
) -> None:
    """Whatever the plain OpenTelemetry API makes is there too, exceptions included."""
    assert telemetry.service.settings.name == "tests"
    metrics.get_meter("shop").create_counter("shop.pies").add(4, {"kind": "apple"})
    with pytest.raises(ZeroDivisionError), trace.get_tracer("shop").start_as_current_span("bake"):
        _ = 1 / 0
    assert telemetry.value("shop.pies", kind="apple") == 4
    [span] = telemetry.spans
    assert span.name == "bake"
    assert [event.name for event in span.events] == ["exception"]


@pytest.mark.parametrize(
    ("metric", "attributes", "message"),
    [
        ("http.server.requst.duration", {}, "did you mean 'http.server.request.duration'?"),
        (DURATION, {"http_rute": "/a"}, "has no attribute 'http_rute'; did you mean 'http.route'?"),
    ],
)
def test_a_slip_is_an_error_and_not_zero(
    telemetry: CapturedTelemetry, metric: str, attributes: dict[str, object], message: str
) -> None:
    """A misspelt name would make `value(...) == 0` pass for ever."""
    with pytest.raises(nf.ConfigurationError) as caught:
        telemetry.value(metric, **attributes)
    assert message in str(caught.value)


def test_a_service_set_up_by_the_test_is_captured_when_asked(
    telemetry: CapturedTelemetry,
) -> None:
    """An application factory may call `setup()`; forgetting `capture` is said."""
    service = nf.setup("shop", version="2")
    with pytest.raises(nf.ConfigurationError, match=r"telemetry\.capture\(\)"):
        telemetry.value(DURATION)
    telemetry.capture(service)
    serve(service, "/a")
    assert telemetry.value(DURATION) == 1
    assert telemetry.service is service


def test_a_service_of_an_imported_module_is_captured_from_zero_and_let_go() -> None:
    """Applications set up at import are shared by tests; each capture begins and ends clean."""
    service = nf.setup("shop")
    try:
        serve(service, "/a")
        for _ in range(2):
            with CapturedTelemetry() as captured:
                assert captured.service is service
                assert captured.value(DURATION) == 0
                with trace.get_tracer("shop").start_as_current_span("bake"):
                    serve(service, "/a")
                assert captured.value(DURATION) == 1
                assert [span.name for span in captured.spans] == ["bake"]
        assert service is nf.setup("shop")
    finally:
        service.shutdown()


def test_every_trace_is_kept_whatever_the_service_samples(
    limited: None, telemetry: CapturedTelemetry
) -> None:
    """Nothing is left to chance, nor to how fast a test runs; `sampled=True` is for tests of that.

    What was in force is in force again after it.
    """
    del limited
    tracer = trace.get_tracer("shop")

    def kept() -> int:
        for _ in range(100):
            tracer.start_span("bake").end()
        return len(telemetry.spans)

    assert telemetry.service.sampling.target_per_s is None
    assert kept() == 100
    telemetry.service.shutdown()
    service = nf.setup("shop", sampling=nf.Sampling(default=0.0))
    telemetry.capture(service)
    tracer = trace.get_tracer("shop")
    assert kept() == 100
    telemetry.clear()
    assert kept() == 100
    telemetry.capture(service, sampled=True)
    assert service.sampling.default == 0
    assert kept() == 0
    telemetry.clear()
    assert kept() == 0


def test_traces_that_wait_are_seen_as_soon_as_they_are_decided(
    telemetry: CapturedTelemetry,
) -> None:
    """Whether the service's own sampling is in force, or all are kept and none waits."""
    service = nf.setup("shop", sampling=nf.Sampling(default=0.0, keep=nf.Keep()))
    tracer = trace.get_tracer("shop")

    def bake() -> list[str]:
        tracer.start_span("good").end()
        with pytest.raises(ZeroDivisionError), tracer.start_as_current_span("bad"):
            _ = 1 / 0
        return [span.name for span in telemetry.spans]

    for sampled, seen in ((True, ["bad"]), (False, ["good", "bad"]), (True, ["bad"])):
        telemetry.capture(service, sampled=sampled)
        assert bake() == seen


def test_a_capture_leaves_the_service_its_sampling() -> None:
    """The service of an imported module samples again as it did."""
    sampling = nf.Sampling(default=0.25, rules=[nf.Rule(path="/a", drop=True)])
    service = nf.setup("shop", sampling=sampling)
    try:
        before = service.sampling
        with CapturedTelemetry() as captured:
            captured.clear()
            assert service.sampling == nf.Sampling(target_per_s=None)
        assert service.sampling is before
    finally:
        service.shutdown()


def test_clear_forgets_what_was_measured(telemetry: CapturedTelemetry) -> None:
    """After `clear` a test counts from zero, with the same service."""
    service = telemetry.service
    serve(service, "/a")
    with trace.get_tracer("shop").start_as_current_span("bake"):
        pass
    telemetry.clear()
    assert (telemetry.value(DURATION), telemetry.spans) == (0, ())
    serve(service, "/a")
    assert telemetry.value(DURATION) == 1
    assert telemetry.service is service


def test_the_machines_exporters_and_kill_switch_stay_out_of_a_test(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Neither a configured endpoint nor OTEL_SDK_DISABLED reaches a service set up in a test."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    telemetry = request.getfixturevalue("telemetry")
    settings = telemetry.service.settings
    assert (settings.traces_exporter, settings.metrics_exporter) == ((), ())
    serve(telemetry.service, "/a")
    assert telemetry.value(DURATION) == 1


def test_a_disabled_service_cannot_be_captured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that measures nothing says why, where a test would find nothing."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    service = nf.setup("shop")
    try:
        with pytest.raises(nf.ConfigurationError, match="OTEL_SDK_DISABLED"), CapturedTelemetry():
            pass
    finally:
        service.shutdown()


def test_the_plugin_costs_a_test_run_nothing() -> None:
    """Pytest loads the plugin in every run: neither OpenTelemetry nor our telemetry comes along."""
    program = (
        "import sys, ninefold.testing._pytest_plugin, ninefold.testing\n"
        "heavy = [m for m in ('opentelemetry', 'ninefold.telemetry') if m in sys.modules]\n"
        "sys.exit(', '.join(heavy) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
