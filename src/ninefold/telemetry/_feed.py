"""The one way our cells reach an SDK reader: its collect callback, which answers for both.

An SDK reader asks the callback that its provider gave it (`MetricReader._set_collect_callback`,
the same in every SDK from 1.30 on). Ours asks the SDK first, then adds what the cells hold, in the
SDK's own point classes. It works with every reader, several at a time, whether or not the SDK
itself has data, and keeps each reader's temporality.

The other two ways were a `View` whose aggregation reads a cell (private classes whose signatures
changed between 1.30 and 1.45) and overriding `_receive_metrics` (skipped when the SDK has no data).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import RLock
from time import time_ns
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.metrics import Exemplar
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricReader,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)

from ninefold.telemetry import _instruments as instruments
from ninefold.telemetry._cells import HistogramState, NumberState
from ninefold.telemetry._exemplars import Offer
from ninefold.telemetry._observed import Observed, Reading

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    from ninefold.registry import AnyMetric as Declared
    from ninefold.telemetry._faults import Faults

SdkCollect = Callable[..., MetricsData | None]
Synchronous = instruments.Histogram | instruments.Counter | instruments.Gauge
Source = Synchronous | Observed

# The SDK keys a reader's temporality by its own subclasses of these, some with an underscore.
_CLASSES = {
    "histogram": ("Histogram", "Histogram"),
    "counter": ("Counter", "ObservableCounter"),
    "updowncounter": ("UpDownCounter", "ObservableUpDownCounter"),
    "gauge": ("Gauge", "ObservableGauge"),
}
DELTA = AggregationTemporality.DELTA
CUMULATIVE = AggregationTemporality.CUMULATIVE


def keeps_exemplars(reader: MetricReader) -> bool:
    """Whether a reader is scraped, so that an exemplar must outlive the scrape that saw it.

    Two Prometheus servers that scrape one process would each see half of them otherwise.
    """
    return bool(getattr(reader, "keeps_exemplars", False))


class _Attached:
    """One reader: its number, its temporality per kind, and what observed totals it has seen."""

    __slots__ = ("delta", "keeps", "number", "observed_delta", "previous")

    def __init__(self, reader: MetricReader, number: int) -> None:
        self.number = number
        self.keeps = keeps_exemplars(reader)
        self.previous: dict[tuple[str, instruments.Key | None], tuple[float, int]] = {}
        by_class = {
            cls.__name__.lstrip("_"): temporality
            for cls, temporality in reader._instrument_class_temporality.items()
        }
        self.delta = {kind: by_class[name] is DELTA for kind, (name, _) in _CLASSES.items()}
        self.observed_delta = {
            kind: by_class[name] is DELTA for kind, (_, name) in _CLASSES.items()
        }


class Feed:
    """Answers readers with the SDK's data and with what the cells hold."""

    def __init__(
        self,
        sources: Callable[[], Sequence[Source]],
        resource: Resource,
        scope: InstrumentationScope,
        faults: Faults,
    ) -> None:
        self._sources = sources
        self._resource = resource
        self._scope = scope
        self._faults = faults
        # One collection at a time: what is drained from a cell is handed to every reader's part.
        # Re-entrant, with a mark: a signal handler that collects must neither hang nor interfere.
        self._lock = RLock()
        self._collecting = False
        self._now = 0
        self._readers = 0

    def attach(self, reader: MetricReader, sdk_collect: SdkCollect | None) -> None:
        """Answer this reader from now on; `sdk_collect` is what its SDK provider gave it."""
        attached = _Attached(reader, self._readers)
        self._readers += 1
        # The SDK annotates its callback wrongly: it calls it with the reader and a timeout.
        callback: Any = partial(self._collect, attached, sdk_collect)
        reader._set_collect_callback(callback)

    @staticmethod
    def detach(reader: MetricReader) -> None:
        """Answer this reader nothing from now on: its process was forked away from."""
        callback: Any = _nothing
        reader._set_collect_callback(callback)

    def _collect(
        self,
        attached: _Attached,
        sdk_collect: SdkCollect | None,
        reader: MetricReader,
        timeout_millis: float = 10_000,
    ) -> MetricsData | None:
        theirs: MetricsData | None = None
        if sdk_collect is not None:
            try:
                theirs = sdk_collect(reader, timeout_millis=timeout_millis)
            except Exception as error:  # noqa: BLE001 - a user's callback must not cost our data
                self._faults.internal_error("metrics", error)
        metrics = self._metrics(attached)
        if not metrics:
            return theirs
        resources = list(theirs.resource_metrics) if theirs is not None else []
        if not resources:
            ours = self._scope_metrics(metrics)
            return MetricsData([ResourceMetrics(self._resource, [ours], self._resource.schema_url)])
        first = resources[0]
        # Instruments of ours that are the SDK's have our scope too, and of one scope that comes
        # twice the OTLP encoder keeps the last.
        scopes = [scope for scope in first.scope_metrics if scope.scope != self._scope]
        same = [scope for scope in first.scope_metrics if scope.scope == self._scope]
        ours = self._scope_metrics([*(one for scope in same for one in scope.metrics), *metrics])
        resources[0] = ResourceMetrics(first.resource, [*scopes, ours], first.schema_url)
        return MetricsData(resources)

    def _scope_metrics(self, metrics: list[Metric]) -> ScopeMetrics:
        return ScopeMetrics(self._scope, metrics, self._scope.schema_url or "")

    def _metrics(self, attached: _Attached) -> list[Metric]:
        # Callbacks are other people's code and are called outside the lock: one that hangs costs
        # the reader that asked, not all of them.
        read = [
            (source, source.read() if isinstance(source, Observed) else None)
            for source in self._sources()
        ]
        found: dict[str, Metric] = {}
        with self._lock:
            if self._collecting:
                return []
            self._collecting = True
            try:
                # The wall clock may be set back; an interval must not end before it began.
                now = self._now = max(time_ns(), self._now)
                for source, readings in read:
                    try:
                        metric = (
                            self._observed(source, readings or [], attached, now)
                            if isinstance(source, Observed)
                            else self._recorded(source, attached, now)
                        )
                    except Exception as error:  # noqa: BLE001 - one bad metric must not cost the rest
                        self._faults.internal_error("metrics", error)
                        continue
                    # Several may observe one metric; a name comes once in a scope.
                    same = found.get(metric.name)
                    if same is not None:
                        same.data.data_points.extend(metric.data.data_points)  # type: ignore[union-attr]  # lists of one kind, made here
                    elif metric.data.data_points:
                        found[metric.name] = metric
            finally:
                self._collecting = False
        return list(found.values())

    def _recorded(self, source: Synchronous, attached: _Attached, now: int) -> Metric:
        declared = source.series.metric
        # The specification keeps up-down counters and gauges cumulative for delta readers.
        delta = attached.delta[declared.kind]
        number, keeps = attached.number, attached.keeps
        points: list[Any] = []
        for cell in source.series.all():
            state = cell.delta(number, keeps, now) if delta else cell.cumulative(number, keeps)
            match state:
                case None:
                    continue
                case HistogramState():
                    points.append(_histogram_point(cell.attributes, state, now))
                case NumberState():
                    points.append(_number_point(cell.attributes, state, now))
        return _metric(declared, points, DELTA if delta else CUMULATIVE)

    def _observed(
        self, source: Observed, readings: Sequence[Reading], attached: _Attached, now: int
    ) -> Metric:
        declared = source.metric
        delta = attached.observed_delta[declared.kind]
        points: list[Any] = []
        for key, attributes, value in readings:
            shown, since = value, source.since_ns
            if delta and declared.kind != "gauge":
                before, since = attached.previous.get((declared.name, key), (0, since))
                attached.previous[declared.name, key] = (value, now)
                # A counter whose total fell was restarted: all of it is new.
                fell = declared.kind == "counter" and value < before
                shown = value if fell else value - before
            points.append(_number_point(attributes, NumberState(shown, since, ()), now))
        return _metric(declared, points, DELTA if delta else CUMULATIVE)


def _nothing(reader: MetricReader, timeout_millis: float = 10_000) -> None:
    del reader, timeout_millis


def _metric(declared: Declared, points: list[Any], temporality: AggregationTemporality) -> Metric:
    data: Histogram | Sum | Gauge
    match declared.kind:
        case "histogram":
            data = Histogram(points, temporality)
        case "gauge":
            data = Gauge(points)
        case kind:
            data = Sum(points, temporality, is_monotonic=kind == "counter")
    return Metric(declared.name, declared.description, declared.unit, data)


def _histogram_point(
    attributes: dict[str, object], state: HistogramState, now: int
) -> HistogramDataPoint:
    empty = state.low > state.high
    return HistogramDataPoint(
        attributes=attributes,  # type: ignore[arg-type]  # the SDK's Attributes is read-only
        start_time_unix_nano=state.since_ns,
        # A series may be younger than the collection that finds it.
        time_unix_nano=max(now, state.since_ns),
        count=sum(state.counts),
        sum=state.sum,
        bucket_counts=state.counts,
        explicit_bounds=state.bounds,
        min=0.0 if empty else state.low,
        max=0.0 if empty else state.high,
        exemplars=[_exemplar(offer) for offer in state.offers],
    )


def _number_point(attributes: dict[str, object], state: NumberState, now: int) -> NumberDataPoint:
    return NumberDataPoint(
        attributes=attributes,  # type: ignore[arg-type]  # the SDK's Attributes is read-only
        start_time_unix_nano=state.since_ns,
        time_unix_nano=max(now, state.since_ns),
        value=state.value,
        exemplars=[_exemplar(offer) for offer in state.offers],
    )


def _exemplar(offer: Offer) -> Exemplar:
    return Exemplar(
        filtered_attributes={},
        value=offer.value,
        time_unix_nano=offer.time_ns,
        span_id=offer.span_id or None,
        trace_id=offer.trace_id or None,
    )
