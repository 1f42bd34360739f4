"""The global providers that setup() installs: handles of the API's kinds that outlive pipelines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from tests.support.child import run

import ninefold as nf

Collect = Callable[..., Any]


def test_instruments_are_the_apis_own_kinds(collect: Collect) -> None:
    """Code that asks isinstance() of an instrument gets the answer it would get from the SDK's."""
    collect()
    meter = metrics.get_meter("kinds")
    assert isinstance(meter, metrics.Meter)
    assert isinstance(meter.create_counter("c"), metrics.Counter)
    assert isinstance(meter.create_up_down_counter("u"), metrics.UpDownCounter)
    assert isinstance(meter.create_histogram("h"), metrics.Histogram)
    assert isinstance(meter.create_gauge("g"), metrics._Gauge)
    assert isinstance(meter.create_observable_counter("oc"), metrics.ObservableCounter)
    assert isinstance(meter.create_observable_gauge("og"), metrics.ObservableGauge)
    assert isinstance(
        meter.create_observable_up_down_counter("ou"), metrics.ObservableUpDownCounter
    )
    assert isinstance(trace.get_tracer("kinds"), trace.Tracer)


def test_what_the_application_records_is_collected(
    collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every kind of instrument of the API reaches the reader, boundaries included."""
    monkeypatch.setenv("NINEFOLD_PROCESS_METRICS", "false")
    seen = collect()
    meter = metrics.get_meter("app", "1.0", attributes={"a": "b"})
    meter.create_counter("orders").add(2, {"kind": "a"})
    meter.create_up_down_counter("open").add(-1)
    meter.create_gauge("level").set(7)
    histogram = meter.create_histogram("wait", "s", explicit_bucket_boundaries_advisory=[1, 2])
    histogram.record(1.5)
    meter.create_observable_gauge("seen", [lambda _: [metrics.Observation(3)]])
    wanted = {
        "orders": {(("kind", "a"),): 2},
        "open": {(): -1},
        "level": {(): 7},
        "wait": {(): 1},
        "seen": {(): 3},
    }
    # Observables of other tests in this process are observed as well: handles outlive pipelines.
    assert {name: got for name, got in seen.collected().items() if name in wanted} == wanted


@pytest.mark.parametrize("value", ["1", None, float("nan"), float("inf"), object(), [1]])
def test_a_value_that_is_no_number_is_counted_not_raised(collect: Collect, value: Any) -> None:
    """Recording nonsense through the API neither raises nor spoils what was recorded."""
    seen = collect()
    meter = metrics.get_meter("app")
    counter, gauge = meter.create_counter("orders"), meter.create_gauge("level")
    histogram = meter.create_histogram("wait")
    counter.add(1)
    for record in (counter.add, gauge.set, histogram.record):
        record(value)
    assert seen.points("orders") == {(): 1}
    assert seen.points("level") == {}
    assert seen.points("wait") == {}
    assert seen.dropped() == {("metrics", "invalid_value"): 3}


def test_a_negative_value_that_means_nothing_is_counted(
    collect: Collect, caplog: pytest.LogCaptureFixture
) -> None:
    """A counter does not fall and a histogram measures no less than nothing; said once a minute."""
    seen = collect()
    meter = metrics.get_meter("app")
    counter, histogram = meter.create_counter("orders"), meter.create_histogram("wait")
    level, open_orders = meter.create_gauge("level"), meter.create_up_down_counter("open")
    for record in (counter.add, histogram.record, level.set, open_orders.add):
        record(-1)
        record(-1)
    assert seen.points("level") == {(): -1}
    assert seen.points("open") == {(): -2}
    assert seen.dropped() == {("metrics", "invalid_value"): 4}
    assert len(caplog.records) == 1


def test_numbers_of_other_makes_are_recorded(collect: Collect) -> None:
    """A Decimal is a number: it is recorded as a float, which every exporter can write."""
    seen = collect()
    counter = metrics.get_meter("app").create_counter("orders")
    counter.add(Decimal("1.5"))  # type: ignore[arg-type]  # the API asks for int or float
    [value] = seen.points("orders").values()
    assert (value, type(value)) == (1.5, float)


@pytest.mark.parametrize(("name", "unit"), [("", ""), ("ümlaut", ""), ("a", "u" * 64)])
def test_a_bad_instrument_is_told_where_it_is_made(collect: Collect, name: str, unit: str) -> None:
    """A name or unit that no SDK accepts is an error at once, not at the first record."""
    collect()
    with pytest.raises(nf.ConfigurationError, match="got"):
        metrics.get_meter("app").create_counter(name, unit)
    with pytest.raises(nf.ConfigurationError, match="got"):
        metrics.get_meter("app").create_observable_gauge(name, [], unit)


def test_a_meter_asked_for_again_and_again_is_one(collect: Collect) -> None:
    """An application that gets its meter in every request does not fill the memory."""
    collect()
    assert metrics.get_meter("app", "1") is metrics.get_meter("app", "1")
    assert metrics.get_meter("app", "1") is not metrics.get_meter("app", "2")


def test_start_as_current_span_decorates_functions_of_both_kinds(collect: Collect) -> None:
    """As a decorator it spans the whole call, of coroutine functions too, each call anew."""
    seen = collect()
    tracer = trace.get_tracer("app")
    inside = []

    @tracer.start_as_current_span("sync")
    def work() -> str:
        inside.append(trace.get_current_span().is_recording())
        return "done"

    @tracer.start_as_current_span("async")
    async def wait() -> str:
        await asyncio.sleep(0)
        inside.append(trace.get_current_span().is_recording())
        return "waited"

    assert (work(), work(), asyncio.run(wait())) == ("done", "done", "waited")
    assert inside == [True, True, True]
    assert [span.name for span in seen.spans] == ["sync", "sync", "async"]
    assert not trace.get_current_span().is_recording()


def test_handles_follow_a_new_service(collect: Collect) -> None:
    """What was taken under one service works under the next, and does nothing in between."""
    meter, tracer = metrics.get_meter("app"), trace.get_tracer("app")
    counter = meter.create_counter("orders")
    meter.create_observable_gauge("seen", iter([lambda _: [metrics.Observation(3)]]))  # type: ignore[arg-type]  # an iterator is used up by its first reader
    counter.add(1)
    first = collect()
    counter.add(10)
    tracer.start_span("first").end()
    assert first.points("orders") == {(): 10}
    assert first.points("seen") == {(): 3}
    first.service.shutdown()
    counter.add(100)
    tracer.start_span("between").end()
    second = collect()
    counter.add(1000)
    tracer.start_span("second").end()
    assert second.points("orders") == {(): 1000}
    assert second.points("seen") == {(): 3}
    assert [span.name for span in first.spans] == ["first"]
    assert [span.name for span in second.spans] == ["second"]


def test_an_observable_made_before_and_after_the_first_use_is_asked_once(collect: Collect) -> None:
    """A callback is registered once, whether the providers exist already or not."""
    seen = collect()
    meter = metrics.get_meter("app")
    meter.create_observable_counter("early", [lambda _: [metrics.Observation(1)]])
    meter.create_counter("orders").add(1)
    meter.create_observable_counter("late", [lambda _: [metrics.Observation(2)]])
    assert seen.points("early") == {(): 1}
    assert seen.points("late") == {(): 2}


def test_a_child_forked_before_the_first_use_has_the_readers() -> None:
    """A server that loads the application and then forks: workers use what setup() was given."""
    out = run(
        """
        import os
        from opentelemetry import metrics, trace
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
        import ninefold as nf
        reader, spans = InMemoryMetricReader(), InMemorySpanExporter()
        nf.setup("forks", readers=[reader], span_processors=[SimpleSpanProcessor(spans)])
        meter = metrics.get_meter("app")
        counter = meter.create_counter("orders")
        meter.create_observable_gauge("seen", [lambda _: [metrics.Observation(3)]])
        tracer = trace.get_tracer("app")
        if os.fork() == 0:
            counter.add(5)
            tracer.start_span("child").end()
            data = reader.get_metrics_data()
            print({m.name: m.data.data_points[0].value
                   for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics
                   if not m.name.startswith("ninefold.")},
                  [s.name for s in spans.get_finished_spans()], flush=True)
            os._exit(0)
        os.wait()
        """,
        env={"NINEFOLD_PROCESS_METRICS": "false"},
    )
    assert out.strip() == "{'seen': 3, 'orders': 5} ['child']" or out.strip() == (
        "{'orders': 5, 'seen': 3} ['child']"
    )


def test_a_child_forked_after_the_first_use_begins_anew() -> None:
    """Nothing of the parent's totals or readers is in the child; exporters are made anew."""
    out = run(
        """
        import os, sys, threading
        from opentelemetry import metrics, trace
        import ninefold as nf
        service = nf.setup("forks")
        counter = metrics.get_meter("app").create_counter("orders")
        metrics.get_meter("app").create_observable_gauge(
            "seen", [lambda _: [metrics.Observation(os.getpid())]])
        counter.add(5)
        parent = service.telemetry.pipeline.built
        if os.fork() == 0:
            assert service.telemetry.pipeline.built is None
            counter.add(7)
            assert service.telemetry.pipeline.built is not parent
            reader = service.telemetry.pipeline.built.readers[0]
            text = reader.expose("")[0].decode()
            assert "orders_total 7.0" in text.replace('{otel_scope_name="app"}', ""), text
            assert f"{float(os.getpid())}" in text, text
            one = service.telemetry.pipeline.built.resource.attributes["service.instance.id"]
            assert one != parent.resource.attributes["service.instance.id"]
            print("right", flush=True)
            os._exit(0)
        os.wait()
        """,
        env={"NINEFOLD_PROMETHEUS": "true"},
    )
    assert out.strip() == "right"


USERS = """
import logging
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.metrics.view import View
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
import ninefold as nf
spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
tracers = TracerProvider(shutdown_on_exit=False)
tracers.add_span_processor(SimpleSpanProcessor(spans))
meters = MeterProvider([reader], shutdown_on_exit=False, views=[
    View(instrument_name="http.server.request.duration", name="renamed",
         attribute_keys={"http.route"})])
trace.set_tracer_provider(tracers)
metrics.set_meter_provider(meters)
"""


def test_a_users_own_providers_are_left_alone_and_used() -> None:
    """Providers set before setup() get our spans and metrics, by their processors and Views."""
    out = run(
        USERS
        + """
service = nf.setup("theirs", sampling=nf.Sampling(default=0))
assert trace.get_tracer_provider() is tracers
assert metrics.get_meter_provider() is meters
def app(environ, start_response):
    start_response("200 OK", [])
    return [b"hello"]
app = service.instrument(app)
for _ in range(3):
    app({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, lambda *_: None)
[metric] = [m for r in reader.get_metrics_data().resource_metrics for s in r.scope_metrics
            for m in s.metrics if m.name == "renamed"]
[point] = metric.data.data_points
print([s.name for s in spans.get_finished_spans()], point.count, dict(point.attributes))
print(service.telemetry.owners.traces, service.telemetry.owners.metrics)
service.shutdown()
trace.get_tracer("app").start_span("after").end()
print(len(spans.get_finished_spans()))
"""
    )
    assert out.splitlines() == ["['GET', 'GET', 'GET'] 3 {}", "user user", "4"]


@pytest.mark.parametrize(
    "argument",
    [
        "readers=[InMemoryMetricReader()]",
        "span_processors=[SimpleSpanProcessor(spans)]",
        "prometheus=True",
    ],
)
def test_what_a_users_own_provider_leaves_without_effect_is_an_error(argument: str) -> None:
    """What setup() cannot give to a provider of the application's is said, not ignored."""
    out = run(
        USERS
        + f"""
try:
    nf.setup("theirs", {argument})
except nf.ConfigurationError as error:
    print(error)
"""
    )
    assert "would have no effect" in out
    assert "provider" in out


def test_prometheus_of_the_deployment_is_left_to_the_users_provider() -> None:
    """The environment's exporter may be meant for their provider: the application still starts."""
    out = run(
        USERS + 'print(nf.setup("theirs").settings.prometheus)',
        env={"OTEL_METRICS_EXPORTER": "prometheus"},
    )
    assert out.strip() == "False"


def test_a_provider_set_afterwards_is_refused_aloud() -> None:
    """OpenTelemetry itself says that the second provider is not taken; ours stays."""
    out = run(
        """
        import logging, sys
        logging.basicConfig(stream=sys.stdout)
        from opentelemetry import metrics, trace
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.trace import TracerProvider
        import ninefold as nf
        nf.setup("first")
        trace.set_tracer_provider(TracerProvider(shutdown_on_exit=False))
        metrics.set_meter_provider(MeterProvider(shutdown_on_exit=False))
        print(type(trace.get_tracer_provider()).__name__)
        print(type(metrics.get_meter_provider()).__name__)
        """
    )
    assert "Overriding of current TracerProvider is not allowed" in out
    assert "Overriding of current MeterProvider is not allowed" in out
    assert "\nDelegatingTracerProvider\nDelegatingMeterProvider\n" in out


def test_a_span_processor_that_comes_later_gets_server_spans(collect: Collect) -> None:
    """A processor added to the global provider, the SDK's way, gets spans from then on."""
    seen = collect(span_processors=[])
    service = seen.service
    app = service.instrument(_wsgi)
    _call(app)
    assert seen.spans == ()
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(seen.exporter))  # type: ignore[attr-defined]  # the SDK's method
    _call(app)
    assert [span.name for span in seen.spans] == ["GET"]


def _wsgi(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [b""]


def _call(app: Any) -> None:
    app({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, lambda *_: None)


def test_a_reader_can_serve_one_service_only(collect: Collect) -> None:
    """A reader that some provider has already is refused at once, not at the first request."""
    first = collect()
    first.service.telemetry.pipeline.ensure()
    first.service.shutdown()
    with pytest.raises(nf.ConfigurationError, match="make a new one"):
        nf.setup("again", readers=[first.reader])
    assert collect(readers=[InMemoryMetricReader()]).service.settings.name == "tests"
