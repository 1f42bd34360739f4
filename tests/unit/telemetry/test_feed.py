"""Readers get the SDK's metrics and ours in one answer; a failing callback costs itself alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions
from opentelemetry.sdk import metrics as sdk
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from tests.support.fed import (
    COUNTED,
    COUNTED_KEY,
    DELTA,
    DURATION,
    DURATION_KEY,
    LAG,
    LEVEL,
    LEVEL_KEY,
    Fed,
    collect,
)
from tests.support.otlp_sink import OtlpSink

from ninefold.errors import ConfigurationError
from ninefold.registry import (
    HTTP_SERVER_REQUEST_DURATION,
    PROCESS_CPU_TIME,
    PROCESS_MEMORY_USAGE,
    PROCESS_THREAD_COUNT,
    AnyMetric,
)
from ninefold.telemetry._observed import Observed

CPU = PROCESS_CPU_TIME
CPU_KEY = ("user",)


def _observe(fed: Fed, callback: Callable[[], Any], metric: AnyMetric = CPU, cap: int = 9) -> None:
    fed.sources.append(Observed(metric, callback, fed.faults, cap))


def test_the_applications_metrics_and_ours_come_in_one_answer() -> None:
    """One resource, two scopes, whether or not the application has any metric of its own."""
    fed = Fed()
    reader = fed.readers[0]
    assert isinstance(reader, InMemoryMetricReader)
    assert reader.get_metrics_data() is None
    fed.counter.add(1, COUNTED_KEY)
    alone = reader.get_metrics_data()
    fed.provider.get_meter("shop").create_counter("orders").add(2)
    both = reader.get_metrics_data()
    scopes = []
    for data in (alone, both):
        assert data is not None
        [resource] = data.resource_metrics
        assert resource.resource.attributes["telemetry.sdk.language"] == "python"
        scopes.append([scope.scope.name for scope in resource.scope_metrics])
    assert scopes == [["ninefold"], ["shop", "ninefold"]]


def test_a_scope_comes_once_though_both_have_it() -> None:
    """Plain histograms have our scope too, and the OTLP encoder keeps one of each scope."""
    fed = Fed()
    fed.provider.get_meter("ninefold").create_histogram("plain").record(1)
    fed.provider.get_meter("shop").create_counter("orders").add(2)
    fed.counter.add(1, COUNTED_KEY)
    reader = fed.readers[0]
    assert isinstance(reader, InMemoryMetricReader)
    data = reader.get_metrics_data()
    assert data is not None
    [resource] = data.resource_metrics
    found = {scope.scope.name: [one.name for one in scope.metrics]
             for scope in resource.scope_metrics}  # fmt: skip
    assert found == {"shop": ["orders"], "ninefold": ["plain", COUNTED.name]}
    assert len(resource.scope_metrics) == 2


def test_a_callback_of_the_applications_that_raises_does_not_cost_our_metrics() -> None:
    """The SDK lets an observable's exception through; ours are delivered and the fault counted."""
    fed = Fed()

    def callback(options: CallbackOptions) -> Any:
        raise RuntimeError("application")

    fed.provider.get_meter("shop").create_observable_gauge("queue", [callback])
    fed.counter.add(1, COUNTED_KEY)
    assert fed.point(COUNTED).value == 1


def _raises() -> Any:
    raise RuntimeError("no")


def _raises_later() -> Any:
    yield 1.0, CPU_KEY
    raise RuntimeError("no")


@pytest.mark.parametrize("callback", [_raises, _raises_later, lambda: None, lambda: 7, 7])
def test_a_callback_that_fails_costs_only_its_own_metric(callback: Any) -> None:
    """Everything else is collected, and the fault is counted."""
    fed = Fed()
    _observe(fed, callback)
    _observe(fed, lambda: [(3, ())], PROCESS_THREAD_COUNT)
    fed.counter.add(1, COUNTED_KEY)
    found = collect(fed.readers[0])
    assert CPU.name not in found
    assert found[PROCESS_THREAD_COUNT.name][()].value == 3
    assert fed.dropped() == {("metrics", "internal_error"): 2}


@pytest.mark.parametrize(
    "row",
    [None, 1.0, (1.0,), ("x", CPU_KEY), (None, CPU_KEY), (float("nan"), CPU_KEY), (-1, CPU_KEY),
     (1.0, ()), (1.0, None), (1.0, (["user"],)), (1.0, CPU_KEY, 1)],
)  # fmt: skip
def test_a_wrong_row_costs_that_row(row: Any) -> None:
    """What else the callback told is collected."""
    fed = Fed()
    _observe(fed, lambda: [row, (2.0, ("system",)), row])
    found = collect(fed.readers[0])
    assert {key: point.value for key, point in found[CPU.name].items()} == {("system",): 2.0}
    assert fed.dropped() == {("metrics", "invalid_value"): 4}


def test_an_observed_key_told_twice_and_a_metric_observed_twice_come_once() -> None:
    """Of one key the last word counts; several that observe a metric share its name."""
    fed = Fed()
    _observe(fed, lambda: [(1.0, ("user",)), (2.0, ("user",))])
    _observe(fed, lambda: [(5.0, ("system",))])
    values = {key: point.value for key, point in fed.points(CPU).items()}
    assert values == {("user",): 2.0, ("system",): 5.0}


def test_observed_series_are_bounded() -> None:
    """What is told of further keys is summed in the overflow series; who came first stays."""
    fed = Fed()
    told: list[Any] = [(1.0, (str(number),)) for number in range(10)]
    _observe(fed, lambda: told, cap=4)
    for _ in range(2):
        values = {key: point.value for key, point in fed.points(CPU).items()}
        assert values == {("0",): 1.0, ("1",): 1.0, ("2",): 1.0, (True,): 7.0}
        told.reverse()
    assert fed.dropped() == {("metrics", "cardinality"): 21}


def test_observed_totals_for_a_delta_reader() -> None:
    """The difference to what this reader saw before, in contiguous intervals.

    A total that fell was restarted, so all of it is new.
    """
    fed = Fed(InMemoryMetricReader(preferred_temporality=DELTA), InMemoryMetricReader())
    totals: list[float] = []
    _observe(fed, lambda: [(totals[-1], CPU_KEY)])
    shown, ends = [], []
    for total in (5.0, 7.5, 7.5, 1.0):
        totals.append(total)
        point = fed.point(CPU)
        assert not ends or point.start_time_unix_nano == ends[-1]
        shown.append(point.value)
        ends.append(point.time_unix_nano)
    assert shown == [5.0, 2.5, 0.0, 1.0]
    assert fed.point(CPU, 1).value == 1.0


def test_observed_levels_follow_the_readers_temporality() -> None:
    """Cumulative for those who prefer delta, as OpenTelemetry has it; delta for who asks for it."""
    wanted = {sdk.ObservableUpDownCounter: AggregationTemporality.DELTA}
    fed = Fed(
        InMemoryMetricReader(preferred_temporality=DELTA),
        InMemoryMetricReader(preferred_temporality=wanted),
    )
    levels: list[int] = []
    _observe(fed, lambda: [(levels[-1], ())], PROCESS_MEMORY_USAGE)
    shown = []
    for level in (10, 4):
        levels.append(level)
        shown.append([fed.point(PROCESS_MEMORY_USAGE, reader).value for reader in (0, 1)])
    assert shown == [[10, 10], [4, -6]]


def test_a_histogram_cannot_be_observed() -> None:
    """It is said where it is declared."""
    with pytest.raises(ConfigurationError, match="is a histogram and cannot be observed"):
        _observe(Fed(), list, HTTP_SERVER_REQUEST_DURATION)


def test_a_callback_that_hangs_costs_the_reader_that_asked() -> None:
    """Other readers get their metrics meanwhile: no callback is called under a lock."""
    fed = Fed(InMemoryMetricReader(), InMemoryMetricReader())
    entered, released = threading.Event(), threading.Event()
    first: list[bool] = []

    def callback() -> Any:
        if not first:
            first.append(True)
            entered.set()
            assert released.wait(30)
        return [(1.0, CPU_KEY)]

    _observe(fed, callback)
    fed.counter.add(1, COUNTED_KEY)
    hanging = threading.Thread(target=collect, args=(fed.readers[0],))
    hanging.start()
    try:
        assert entered.wait(30)
        assert fed.point(COUNTED, 1).value == 1
    finally:
        released.set()
        hanging.join()


def test_start_times() -> None:
    """Cumulative: the series' birth, for good. Delta: where this reader's last interval ended.

    A series that is younger than that starts with its birth; none after the point's own time.
    """
    fed = Fed(InMemoryMetricReader(preferred_temporality=DELTA), InMemoryMetricReader())
    starts, ends = set(), []
    for _ in range(3):
        fed.histogram.record(0.1, DURATION_KEY)
        point = fed.point(DURATION, 0)
        assert not ends or point.start_time_unix_nano == ends[-1]
        assert point.start_time_unix_nano <= point.time_unix_nano
        ends.append(point.time_unix_nano)
        starts.add(fed.point(DURATION, 1).start_time_unix_nano)
    assert len(starts) == 1
    collect(fed.readers[0])
    fed.counter.add(1, COUNTED_KEY)
    young = fed.point(COUNTED, 0)
    assert ends[-1] < young.start_time_unix_nano <= young.time_unix_nano


def test_gauges_and_levels_stay_cumulative_for_a_delta_reader() -> None:
    """Their value is their meaning; a difference of two of them is not."""
    fed = Fed(InMemoryMetricReader(preferred_temporality=DELTA))
    fed.level.add(5, LEVEL_KEY)
    fed.gauge.set(2.0, (None,) * len(LAG.attributes))
    for _ in range(2):
        found = collect(fed.readers[0])
        assert [point.value for point in found[LEVEL.name].values()] == [5]
        assert [point.value for point in found[LAG.name].values()] == [2.0]


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_delta_preferred_by_the_environment_arrives_over_otlp(
    monkeypatch: pytest.MonkeyPatch, otlp_sink: OtlpSink, collect: Any, protocol: str
) -> None:
    """`OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta`: each export holds what is new.

    For our instruments and the application's, with one resource; levels stay cumulative.
    """
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", otlp_sink.endpoint(protocol))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta")
    service = collect().service
    duration = service.telemetry.histogram(DURATION)
    level = service.telemetry.up_down_counter(LEVEL)
    orders = sdk_counter("orders")
    for amount in (3, 2):
        for _ in range(amount):
            duration.record(2**70, DURATION_KEY)
            orders.add(1)
            level.add(1, LEVEL_KEY)
        assert service.force_flush()
    assert [point.count for point in otlp_sink.points(DURATION.name)] == [3, 2]
    assert [point.value for point in otlp_sink.points("orders")] == [3, 2]
    assert [point.value for point in otlp_sink.points(LEVEL.name)] == [3, 5]
    names = (DURATION.name, "orders", LEVEL.name)
    points = [point for name in names for point in otlp_sink.points(name)]
    assert len({tuple(sorted(map(str, point.resource.items()))) for point in points}) == 1


@pytest.mark.parametrize("huge", [2**63, 2**70, -(2**70), 10**400])
def test_a_huge_integer_of_the_applications_does_not_cost_the_export(
    monkeypatch: pytest.MonkeyPatch, otlp_sink: OtlpSink, collect: Any, huge: int
) -> None:
    """OTLP's integers have 64 bits: a larger one goes as a float, or is dropped and counted."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", otlp_sink.http_endpoint)
    service = collect().service
    service.telemetry.counter(COUNTED).add(4, COUNTED_KEY)
    sdk_counter("orders").add(huge)
    metrics.get_meter("shop").create_gauge("level").set(huge)
    assert service.force_flush()
    assert [point.value for point in otlp_sink.points(COUNTED.name)] == [4]
    shown = [point.value for point in otlp_sink.points("level")]
    assert shown == ([] if huge > 10**308 else [float(huge)])


def sdk_counter(name: str) -> Any:
    """A counter of the application's, from the global provider."""
    return metrics.get_meter("shop").create_counter(name)
