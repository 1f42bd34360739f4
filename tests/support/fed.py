"""Our instruments fed to readers, without a service around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opentelemetry.sdk import metrics as sdk
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    InMemoryMetricReader,
    MetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, TraceFlags

from ninefold.config import ExemplarFilter
from ninefold.registry import (
    EVENT_LOOP_LAG,
    HTTP_SERVER_ACTIVE_REQUESTS,
    HTTP_SERVER_REQUEST_DURATION,
    SLI_EVENTS,
    TELEMETRY_DROPPED,
    AnyMetric,
)
from ninefold.telemetry._cells import GaugeCell, HistogramCell, NumberCell
from ninefold.telemetry._faults import Faults
from ninefold.telemetry._feed import Feed
from ninefold.telemetry._instruments import Counter, Gauge, Histogram, Key, Series
from ninefold.telemetry._observed import Observed

DURATION = HTTP_SERVER_REQUEST_DURATION
DURATION_KEY: Key = ("GET", "http", "/a", 200, None, "1.1")
COUNTED = SLI_EVENTS
COUNTED_KEY: Key = ("a",) * len(SLI_EVENTS.attributes)
LEVEL = HTTP_SERVER_ACTIVE_REQUESTS
LEVEL_KEY: Key = ("GET", "http")
LAG = EVENT_LOOP_LAG
LAG_KEY: Key = (None,) * len(EVENT_LOOP_LAG.attributes)
DELTA = dict.fromkeys(
    (sdk.Counter, sdk.Histogram, sdk.ObservableCounter), AggregationTemporality.DELTA
)


def sampled(number: int = 1) -> SpanContext:
    """The context of a sampled span."""
    return SpanContext(2**100 + number, 2**50 + number, False, TraceFlags(TraceFlags.SAMPLED))


def route(name: object) -> Key:
    """A key of the histogram, with this route."""
    return ("GET", "http", str(name), 200, None, "1.1")


class ScrapedReader(InMemoryMetricReader):
    """A reader that is scraped: its exemplars outlive the scrape."""

    keeps_exemplars = True


class Fed:
    """One instrument of each kind, fed to `readers`; `time` is what their faults' clock says."""

    def __init__(
        self,
        *readers: MetricReader,
        max_series: int = 2000,
        exemplars: ExemplarFilter = "trace_based",
    ) -> None:
        self.time = 0.0
        self.woken = 0
        self.faults = faults = Faults(lambda: self.time)
        bounds = DURATION.boundaries

        def series(metric: AnyMetric, make: Callable[[dict[str, object]], Any]) -> Series[Any]:
            return Series(metric, make, max_series, faults, self._wake)

        def cell(attributes: dict[str, object]) -> HistogramCell:
            return HistogramCell(attributes, self.histogram.bounds, faults, exemplars)

        self.histogram = Histogram(series(DURATION, cell), bounds, faults)
        self.counter = Counter(
            series(COUNTED, lambda a: NumberCell(a, True, faults, exemplars)), faults
        )
        self.level = Counter(
            series(LEVEL, lambda a: NumberCell(a, False, faults, exemplars)), faults
        )
        self.gauge = Gauge(series(LAG, lambda a: GaugeCell(a, faults)), faults)
        self.lost = Counter(
            series(TELEMETRY_DROPPED, lambda a: NumberCell(a, True, faults)), faults
        )
        faults.count_with(self.lost.add)
        self.sources: list[Histogram | Counter | Gauge | Observed] = [
            self.histogram,
            self.counter,
            self.level,
            self.gauge,
            self.lost,
        ]
        self.readers: Sequence[MetricReader] = readers or (InMemoryMetricReader(),)
        self.provider = sdk.MeterProvider(self.readers, shutdown_on_exit=False)
        self.feed = Feed(
            lambda: tuple(self.sources),
            Resource.create({}),
            InstrumentationScope("ninefold"),
            faults,
        )
        for reader in self.readers:
            self.feed.attach(reader, reader._collect)

    def _wake(self) -> None:
        self.woken += 1

    def points(self, metric: AnyMetric, reader: int = 0) -> dict[tuple[Any, ...], Any]:
        """The points of one metric by their attributes' values; collects once."""
        return collect(self.readers[reader]).get(metric.name, {})

    def point(self, metric: AnyMetric, reader: int = 0) -> Any:
        """The only point of one metric."""
        [point] = self.points(metric, reader).values()
        return point

    def dropped(self) -> dict[tuple[str, str], int]:
        """What is counted as dropped, by signal and reason."""
        return {key: point.value for key, point in self.points(TELEMETRY_DROPPED).items()}


def collect(reader: MetricReader) -> dict[str, dict[tuple[Any, ...], Any]]:
    """Every point that an in-memory reader collects now, by metric and attributes' values."""
    assert isinstance(reader, InMemoryMetricReader)
    data = reader.get_metrics_data()
    found: dict[str, dict[tuple[Any, ...], Any]] = {}
    for resource in data.resource_metrics if data is not None else ():
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                assert metric.name not in found, f"{metric.name} comes twice"
                found[metric.name] = {
                    tuple((point.attributes or {}).values()): point
                    for point in metric.data.data_points
                }
    return found
