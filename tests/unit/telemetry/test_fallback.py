"""Under a provider of the user's our instruments are the plain API's, with the same interface."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.metrics.view import DropAggregation, ExplicitBucketHistogramAggregation, View
from tests.support.child import run
from tests.support.fed import (
    COUNTED,
    COUNTED_KEY,
    DURATION,
    DURATION_KEY,
    LAG,
    LAG_KEY,
    LEVEL,
    LEVEL_KEY,
    Fed,
    collect,
    sampled,
)
from tests.support.otlp_sink import OtlpSink

from ninefold.registry import PROCESS_CPU_TIME, AnyMetric
from ninefold.telemetry._fallback import ApiInstrument, observe
from ninefold.telemetry._observed import Observed


class Plain:
    """Our instruments over a user's provider; faults are counted by a feed of their own."""

    def __init__(self, *views: View) -> None:
        self.reader = InMemoryMetricReader()
        self.provider = MeterProvider([self.reader], views=views, shutdown_on_exit=False)
        self.meter = self.provider.get_meter("ninefold")
        self.fed = Fed()
        self.histogram = self.make(DURATION, DURATION.boundaries)
        self.counter = self.make(COUNTED)
        self.level = self.make(LEVEL)
        self.gauge = self.make(LAG)

    def make(self, metric: AnyMetric, bounds: Any = ()) -> ApiInstrument:
        return ApiInstrument(self.meter, metric, bounds, self.fed.faults)


def test_what_is_recorded_arrives_in_the_users_reader() -> None:
    """Every kind, under the catalogue's name, unit and boundaries."""
    plain = Plain()
    plain.histogram.record(0.3, DURATION_KEY)
    plain.histogram.cell(DURATION_KEY).record(0.4)
    plain.counter.cell(COUNTED_KEY).add(2)
    plain.level.add(-3, LEVEL_KEY)
    plain.gauge.set(4, LAG_KEY)
    plain.gauge.cell(LAG_KEY).set(5)
    found = {name: next(iter(points.values())) for name, points in collect(plain.reader).items()}
    assert (found[DURATION.name].count, found[DURATION.name].sum) == (2, 0.7)
    assert found[DURATION.name].attributes == {
        name: value
        for name, value in zip(DURATION.attributes, DURATION_KEY, strict=True)
        if value is not None
    }
    assert [found[one.name].value for one in (COUNTED, LEVEL, LAG)] == [2, -3, 5]


def test_the_users_views_apply() -> None:
    """Their boundaries, their attributes, and what they drop stays dropped."""
    plain = Plain(
        View(
            instrument_name=DURATION.name,
            aggregation=ExplicitBucketHistogramAggregation([1.0, 2.0]),
            attribute_keys={"http.route"},
        ),
        View(instrument_name=COUNTED.name, aggregation=DropAggregation()),
    )
    plain.histogram.record(1.5, DURATION_KEY)
    plain.counter.add(1, COUNTED_KEY)
    found = collect(plain.reader)
    [point] = found[DURATION.name].values()
    assert point.attributes == {"http.route": "/a"}
    assert point.bucket_counts == (0, 1, 0)
    assert COUNTED.name not in found


def test_reserved_counters_are_there_at_zero() -> None:
    """Where the plain API can say zero: counters and levels. A histogram appears when recorded."""
    plain = Plain()
    for instrument, key in (
        (plain.counter, COUNTED_KEY),
        (plain.level, LEVEL_KEY),
        (plain.histogram, DURATION_KEY),
        (plain.gauge, LAG_KEY),
    ):
        instrument.reserve(key)
    found = collect(plain.reader)
    assert set(found) == {COUNTED.name, LEVEL.name}
    assert {point.value for points in found.values() for point in points.values()} == {0}


@pytest.mark.parametrize("value", ["1", None, math.nan, math.inf, Decimal(1), 10**400, [1]])
def test_invalid_values_are_counted_as_everywhere(value: Any) -> None:
    """The same values are measurements as with instruments of our own."""
    plain = Plain()
    plain.histogram.record(value, DURATION_KEY)
    plain.counter.add(value, COUNTED_KEY)
    plain.level.add(value, LEVEL_KEY)
    plain.gauge.set(value, LAG_KEY)
    assert collect(plain.reader) == {}
    assert plain.fed.dropped() == {("metrics", "invalid_value"): 4}


def test_a_negative_value_is_counted_and_does_not_reach_the_provider() -> None:
    """The SDK would warn of each one; here it is a fault like any other."""
    plain = Plain()
    plain.histogram.record(-1, DURATION_KEY)
    plain.counter.add(-1, COUNTED_KEY)
    assert collect(plain.reader) == {}
    assert plain.fed.dropped() == {("metrics", "invalid_value"): 2}


@given(
    value=st.one_of(st.floats(), st.integers(), st.text(), st.none(), st.decimals()),
    key=st.one_of(st.lists(st.integers(), max_size=7), st.none(), st.text(),
                  st.tuples(*[st.one_of(st.text(), st.none())] * 6)),
    exemplar=st.sampled_from([None, sampled(), "rubbish"]),
)  # fmt: skip
def test_nothing_reaches_the_caller(value: Any, key: Any, exemplar: Any) -> None:
    """Whatever value, key and exemplar: no recording function raises."""
    plain = Plain()
    plain.histogram.record(value, key, exemplar)
    plain.counter.add(value, key, exemplar)
    plain.level.add(value, key, exemplar)
    plain.gauge.set(value, key)
    plain.counter.cell(COUNTED_KEY).add(value, exemplar)


def test_an_integer_beyond_64_bits_does_not_poison_the_users_export() -> None:
    """It is recorded as the float that OTLP can carry."""
    plain = Plain()
    plain.counter.add(2**70, COUNTED_KEY)
    [point] = collect(plain.reader)[COUNTED.name].values()
    assert (point.value, type(point.value)) == (2.0**70, float)


def test_the_exemplar_is_the_span_it_was_given() -> None:
    """Not the span that happens to be current when the record is made."""
    plain = Plain()
    with trace.use_span(trace.NonRecordingSpan(sampled(9))):
        plain.histogram.record(0.3, DURATION_KEY, sampled(5))
    [point] = collect(plain.reader)[DURATION.name].values()
    assert [one.span_id for one in point.exemplars] == [2**50 + 5]


def test_an_observed_metric_is_read_safely() -> None:
    """Wrong rows cost themselves, a callback that raises costs its metric, and both are counted."""
    plain = Plain()
    answers: list[Any] = [(1.5, ("user",)), ("x", ("user",)), (1.0, ()), None]
    observe(plain.meter, Observed(PROCESS_CPU_TIME, lambda: answers, plain.fed.faults))
    plain.counter.add(1, COUNTED_KEY)
    found = collect(plain.reader)
    assert [point.value for point in found[PROCESS_CPU_TIME.name].values()] == [1.5]
    assert plain.fed.dropped() == {("metrics", "invalid_value"): 3}
    answers = None  # type: ignore[assignment]
    assert set(collect(plain.reader)) == {COUNTED.name}
    assert plain.fed.dropped()["metrics", "internal_error"] == 1


def test_a_users_provider_gets_our_metrics_by_setup() -> None:
    """`setup()` after the user's own provider: their reader and View have what we record."""
    out = run(
        """
        from opentelemetry import metrics
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
        reader = InMemoryMetricReader()
        view = View(instrument_name="http.server.request.duration",
                    aggregation=ExplicitBucketHistogramAggregation([1.0]))
        metrics.set_meter_provider(MeterProvider([reader], views=[view]))
        import ninefold as nf
        from ninefold.registry import HTTP_SERVER_REQUEST_DURATION, SLI_EVENTS
        service = nf.setup("fallback")
        key = ("GET", "http", "/a", 200, None, "1.1")
        service.telemetry.histogram(HTTP_SERVER_REQUEST_DURATION, [0.123]).record(2.0, key)
        service.telemetry.counter(SLI_EVENTS).reserve(("a", "bad")).add(4)
        service.telemetry.counter(SLI_EVENTS).add("x", ("a", "bad"))
        for resource in reader.get_metrics_data().resource_metrics:
            for scope in resource.scope_metrics:
                for metric in sorted(scope.metrics, key=lambda one: one.name):
                    for point in metric.data.data_points:
                        print(metric.name, getattr(point, "bucket_counts", None) or point.value)
        """,
        env={
            "OTEL_TRACES_EXPORTER": "none",
            "OTEL_METRICS_EXPORTER": "none",
            "NINEFOLD_PROCESS_METRICS": "false",
        },
    )
    assert out.splitlines() == [
        "http.server.request.duration (0, 1)",
        "ninefold.sli.events 4",
        "ninefold.telemetry.dropped 1",
    ]


def test_a_latency_objective_gives_a_users_provider_its_threshold() -> None:
    """A rule that asks the histogram finds the boundary there too, until something is recorded."""
    run("""
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider([reader], shutdown_on_exit=False))
import ninefold as nf

service = nf.setup("shop")
job = service.measure("job")
service.objective("quick", nf.latency(operation="job", threshold=0.123, target=0.9))
with job:
    pass
try:
    service.objective("quicker", nf.latency(operation="job", threshold=0.0123, target=0.9))
except nf.ConfigurationError as error:
    assert "has recorded already and cannot take the boundary 0.0123 s" in str(error), error
else:
    raise AssertionError("a boundary that never comes was accepted")
(durations,) = [
    metric
    for resource in reader.get_metrics_data().resource_metrics
    for scope in resource.scope_metrics
    for metric in scope.metrics
    if metric.name == "ninefold.operation.duration"
]
(point,) = durations.data.data_points
assert 0.123 in point.explicit_bounds and 0.0123 not in point.explicit_bounds, point
assert point.count == 1
""")


def test_exponential_histograms_are_the_sdks() -> None:
    """`OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION` is respected over OTLP.

    Durations have exponential buckets, and counters go on as cells.
    """
    with OtlpSink() as sink:
        run(
            """
            import ninefold as nf
            from ninefold.registry import HTTP_SERVER_REQUEST_DURATION, SLI_EVENTS
            service = nf.setup("exponential")
            key = ("GET", "http", "/a", 200, None, "1.1")
            durations = service.telemetry.histogram(HTTP_SERVER_REQUEST_DURATION)
            for value in (0.1, 0.2, "x", -1.0):
                durations.record(value, key)
            service.telemetry.counter(SLI_EVENTS).add(4, ("a", "bad"))
            assert service.force_flush(timeout=20)
            """,
            env={
                "OTEL_TRACES_EXPORTER": "none",
                "OTEL_EXPORTER_OTLP_ENDPOINT": sink.http_endpoint,
                "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION":
                    "base2_exponential_bucket_histogram",
            },
        )  # fmt: skip
        [duration] = sink.latest(DURATION.name)
        assert (duration.kind, duration.count) == ("exponential_histogram", 2)
        assert duration.value == pytest.approx(0.3)
        assert [point.value for point in sink.latest(COUNTED.name)] == [4]
        assert [point.value for point in sink.latest("ninefold.telemetry.dropped")] == [2]
