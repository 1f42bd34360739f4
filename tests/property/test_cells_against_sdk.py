"""Our cells against the SDK's own aggregation: the same measurements give the same data points."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.sdk import metrics as sdk
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    InMemoryMetricReader,
    MetricReader,
    MetricsData,
)
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from ninefold.registry import (
    EVENT_LOOP_LAG,
    HTTP_SERVER_ACTIVE_REQUESTS,
    HTTP_SERVER_REQUEST_DURATION,
    TELEMETRY_DROPPED,
)
from ninefold.telemetry._cells import GaugeCell, HistogramCell, NumberCell
from ninefold.telemetry._faults import Faults
from ninefold.telemetry._feed import Feed
from ninefold.telemetry._instruments import Counter, Gauge, Histogram, Key, Series

ULPS = 64
"""How far two sums of the same values may be apart: they are added in another order."""

DELTA = dict.fromkeys((sdk.Counter, sdk.Histogram), AggregationTemporality.DELTA)
KEYS: Mapping[str, Sequence[Key]] = {
    "histogram": [
        ("GET", "http", route, status, error, "1.1")
        for route in ("/a", None)
        for status, error in ((200, None), (503, "503"))
    ],
    "counter": [("metrics", "cardinality"), ("traces", "export_failed")],
    "updowncounter": [("GET", "http"), ("POST", "https")],
    "gauge": [()],
}
DECLARED = {
    "histogram": HTTP_SERVER_REQUEST_DURATION,
    "counter": TELEMETRY_DROPPED,
    "updowncounter": HTTP_SERVER_ACTIVE_REQUESTS,
    "gauge": EVENT_LOOP_LAG,
}
amounts = st.one_of(
    st.integers(min_value=0, max_value=10**9),
    st.floats(min_value=0.0, max_value=1e9, allow_nan=False),
    st.sampled_from([*HTTP_SERVER_REQUEST_DURATION.boundaries, 0.0, 1e-300, 1e300]),
)


@dataclass(frozen=True)
class Record:
    """One measurement of one instrument."""

    kind: str
    key: Key
    value: float


@dataclass(frozen=True)
class Collect:
    """A collection by one of the readers."""

    reader: int


def records() -> st.SearchStrategy[Record]:
    """Measurements that every instrument of the kind takes."""

    def of(kind: str) -> st.SearchStrategy[Record]:
        values = amounts
        if kind in ("updowncounter", "gauge"):
            values = st.one_of(amounts, st.integers(min_value=-(10**9), max_value=0))
        return st.builds(Record, st.just(kind), st.sampled_from(list(KEYS[kind])), values)

    return st.one_of([of(kind) for kind in KEYS])


steps = st.lists(
    st.one_of(records(), records(), records(), st.builds(Collect, st.integers(0, 3))), max_size=60
)


class Ours:
    """Our instruments over cells, fed to readers of an SDK provider."""

    def __init__(self, readers: Sequence[MetricReader], max_series: int = 2000) -> None:
        self.faults = Faults()

        def series(kind: str, make: Callable[[dict[str, object]], Any]) -> Series[Any]:
            return Series(DECLARED[kind], make, max_series, self.faults, lambda: None)

        bounds = HTTP_SERVER_REQUEST_DURATION.boundaries
        faults = self.faults
        self.histogram = Histogram(
            series("histogram", lambda found: HistogramCell(found, bounds, faults)), bounds, faults
        )
        self.counter = Counter(
            series("counter", lambda found: NumberCell(found, True, faults)), faults
        )
        self.level = Counter(
            series("updowncounter", lambda found: NumberCell(found, False, faults)), faults
        )
        self.gauge = Gauge(series("gauge", lambda found: GaugeCell(found, faults)), faults)
        self.provider = sdk.MeterProvider(readers, shutdown_on_exit=False)
        feed = Feed(
            lambda: (self.histogram, self.counter, self.level, self.gauge),
            Resource.create({}),
            InstrumentationScope("ninefold"),
            faults,
        )
        for reader in readers:
            feed.attach(reader, reader._collect)

    def record(self, step: Record) -> None:
        match step.kind:
            case "histogram":
                self.histogram.record(step.value, step.key)
            case "counter":
                self.counter.add(step.value, step.key)
            case "updowncounter":
                self.level.add(step.value, step.key)
            case _:
                self.gauge.set(step.value, step.key)


class Theirs:
    """The same instruments as the SDK makes them."""

    def __init__(self, readers: Sequence[MetricReader]) -> None:
        bounds = HTTP_SERVER_REQUEST_DURATION.boundaries
        views = [
            View(
                instrument_name=HTTP_SERVER_REQUEST_DURATION.name,
                aggregation=ExplicitBucketHistogramAggregation(bounds),
            )
        ]
        self.provider = sdk.MeterProvider(readers, views=views, shutdown_on_exit=False)
        meter = self.provider.get_meter("sdk")
        self._instruments: dict[str, Any] = {
            "histogram": meter.create_histogram(HTTP_SERVER_REQUEST_DURATION.name, "s"),
            "counter": meter.create_counter(TELEMETRY_DROPPED.name, "{item}"),
            "updowncounter": meter.create_up_down_counter(HTTP_SERVER_ACTIVE_REQUESTS.name),
            "gauge": meter.create_gauge(EVENT_LOOP_LAG.name, "s"),
        }

    def record(self, step: Record) -> None:
        names = DECLARED[step.kind].attributes
        attributes = {
            name: part for name, part in zip(names, step.key, strict=True) if part is not None
        }
        instrument = self._instruments[step.kind]
        verb = {"histogram": "record", "gauge": "set"}.get(step.kind, "add")
        getattr(instrument, verb)(step.value, attributes)


def four_readers() -> list[InMemoryMetricReader]:
    """Two that want everything since the start, two that want what came since they last asked."""
    return [
        InMemoryMetricReader(),
        InMemoryMetricReader(preferred_temporality=DELTA),
        InMemoryMetricReader(preferred_temporality=DELTA),
        InMemoryMetricReader(),
    ]


Points = dict[tuple[str, frozenset[tuple[str, object]]], tuple[Any, Any]]


def collect(reader: InMemoryMetricReader) -> Points:
    """The data points by name and attributes, with their metric's data."""
    data: MetricsData | None = reader.get_metrics_data()
    return {
        (metric.name, frozenset((point.attributes or {}).items())): (point, metric.data)
        for resource in (data.resource_metrics if data else ())
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    }


def assert_close(ours: float, theirs: float) -> None:
    """Sums of the same values, added in another order."""
    assert abs(ours - theirs) <= ULPS * max(math.ulp(ours), math.ulp(theirs))


def assert_same(ours: Points, theirs: Points) -> None:
    """Counts and buckets the same, sums within `ULPS`, and the same temporality."""
    # The SDK forgets a gauge once it was collected; ours shows the last value until there is
    # another, as a cumulative reader may expect.
    gauges = {key for key in ours if key[0] == EVENT_LOOP_LAG.name}
    assert ours.keys() - gauges <= theirs.keys()
    for key, (their_point, their_data) in theirs.items():
        if key not in ours:
            # The SDK tells a delta of 0 after an `add(0)`, where ours has nothing to tell.
            assert their_data.aggregation_temporality is AggregationTemporality.DELTA
            assert their_point.value == 0
            continue
        our_point, our_data = ours[key]
        assert type(our_data) is type(their_data)
        if hasattr(their_data, "aggregation_temporality"):
            assert our_data.aggregation_temporality is their_data.aggregation_temporality
        if hasattr(their_data, "is_monotonic"):
            assert our_data.is_monotonic is their_data.is_monotonic
        if hasattr(their_point, "bucket_counts"):
            assert our_point.count == their_point.count
            assert tuple(our_point.bucket_counts) == tuple(their_point.bucket_counts)
            assert tuple(our_point.explicit_bounds) == tuple(their_point.explicit_bounds)
            assert (our_point.min, our_point.max) == (their_point.min, their_point.max)
            assert_close(our_point.sum, their_point.sum)
        else:
            assert_close(our_point.value, their_point.value)


class Times:
    """What must hold of the times of one reader's points, collection after collection."""

    def __init__(self) -> None:
        self._starts: dict[Any, int] = {}
        self._ends: dict[Any, int] = {}
        self._collected = 0

    def check(self, points: Points) -> None:
        for key, (point, data) in points.items():
            start, end = point.start_time_unix_nano, point.time_unix_nano
            if hasattr(data, "aggregation_temporality"):
                assert start is not None
                assert start <= end
                if data.aggregation_temporality is AggregationTemporality.CUMULATIVE:
                    assert self._starts.setdefault(key, start) == start
                else:
                    # Contiguous: an interval begins where one of this reader's ended.
                    assert start >= self._ends.get(key, 0)
            assert end >= self._collected
            self._ends[key] = end
        if points:
            self._collected = max(point.time_unix_nano for point, _ in points.values())


@settings(max_examples=150, deadline=None)
@given(steps=steps)
def test_any_sequence_gives_what_the_sdk_gives(steps: list[Record | Collect]) -> None:
    """Records, collections and readers in any order: our points are the SDK's, reader by reader."""
    our_readers, their_readers = four_readers(), four_readers()
    ours, theirs = Ours(our_readers), Theirs(their_readers)
    times = [Times() for _ in our_readers]
    for step in [*steps, *(Collect(reader) for reader in range(4))]:
        if isinstance(step, Record):
            ours.record(step)
            theirs.record(step)
        else:
            found = collect(our_readers[step.reader])
            times[step.reader].check(found)
            assert_same(found, collect(their_readers[step.reader]))


@settings(max_examples=50, deadline=None)
@given(
    routes=st.lists(st.integers(0, 40), max_size=80),
    collected=st.lists(st.integers(0, 3), max_size=6),
    cap=st.integers(2, 12),
)
def test_past_the_limit_totals_stay_exact(
    routes: list[int], collected: list[int], cap: int
) -> None:
    """At most so many series, the overflow one included, and nothing that came is lost.

    What is reserved stands outside of the limit.
    """
    readers = four_readers()
    ours = Ours(readers, max_series=cap)
    reserved: Key = ("GET", "http", "/reserved", 200, None, "1.1")
    ours.histogram.reserve(reserved)
    delta_total = 0
    for number, route in enumerate(routes):
        ours.histogram.record(0.1, ("GET", "http", f"/{route}", 200, None, "1.1"))
        if number < len(collected) and collected[number] == 1:
            delta_total += sum(point.count for point, _ in collect(readers[1]).values())
    ours.histogram.record(0.1, reserved)
    delta_total += sum(point.count for point, _ in collect(readers[1]).values())
    points = collect(readers[0])
    assert sum(point.count for point, _ in points.values()) == len(routes) + 1 == delta_total
    assert len(points) <= cap + 1
    overflow = [key for key in points if ("otel.metric.overflow", True) in key[1]]
    assert len(overflow) == (len(set(routes)) > cap - 1)


def test_a_sum_that_a_difference_would_lose_is_kept() -> None:
    """After 1e9 a delta reader still sees 0.1, and an interval's own minimum and maximum."""
    reader = InMemoryMetricReader(preferred_temporality=DELTA)
    ours = Ours([reader])
    key = KEYS["histogram"][0]
    ours.histogram.record(1e9, key)
    collect(reader)
    ours.histogram.record(0.1, key)
    [(point, _)] = collect(reader).values()
    assert (point.sum, point.min, point.max, point.count) == (0.1, 0.1, 0.1, 1)


@pytest.mark.parametrize("value", ["1", None, math.nan, math.inf, -1.0, [1], object()])
def test_what_is_no_measurement_changes_nothing(value: Any) -> None:
    """A value that cannot be meant leaves every point as it was, and raises nothing."""
    reader = InMemoryMetricReader()
    ours = Ours([reader])
    key = KEYS["histogram"][0]
    ours.histogram.record(1.0, key)
    ours.histogram.record(value, key)
    [(point, _)] = collect(reader).values()
    assert (point.count, point.sum) == (1, 1.0)
