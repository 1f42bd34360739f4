"""Between what the SDK collected and what workers tell each other."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    ExponentialHistogram,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource

from ninefold.telemetry._workers._model import Identity, Told, attributes_of, policy_of

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import Exemplar

    from ninefold.registry import Kind

    Exemplars = Mapping[Identity, Sequence[Exemplar]]

OURS = "ninefold"
"""The scope of what is counted in cells; another may have metrics of the same names."""

_OF_ONE = ("service.instance.id", "process.pid")
"""What the resource says of one process alone: it is untrue where one answers for all."""


def told_of(resources: Sequence[ResourceMetrics], besides: Container[str]) -> list[Told]:
    """What was collected but for our metrics named `besides`, as one process tells it."""
    return [
        told
        for resource in resources
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if scope.scope.name != OURS or metric.name not in besides
        for told in _told(metric)
    ]


def exemplars_of(resources: Sequence[ResourceMetrics]) -> Exemplars:
    """The exemplars that were collected, by series."""
    found: dict[Identity, Sequence[Exemplar]] = {}
    for resource in resources:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                points: Sequence[Any] = metric.data.data_points
                for point, told in zip(points, _told(metric), strict=True):
                    if point.exemplars:
                        found[told.identity] = point.exemplars
    return found


def of_all(resource: Resource) -> Resource:
    """What of a process's resource is true of all workers."""
    attributes = {key: value for key, value in resource.attributes.items() if key not in _OF_ONE}
    return Resource(attributes, resource.schema_url)


def scope_of(
    told: Sequence[Told], like: ScopeMetrics, now_ns: int, exemplars: Exemplars | None = None
) -> ScopeMetrics:
    """What workers told, as if it had been collected, in a scope such as `like`."""
    shown = exemplars or {}
    metrics: dict[tuple[str, str, str], Metric] = {}
    for each in told:
        name, kind, unit, _, _, _ = each.identity
        metric = metrics.get((name, kind, unit))
        if metric is None:
            metric = metrics[name, kind, unit] = Metric(name, each.description, unit, _empty(kind))
        points: list[Any] = metric.data.data_points  # type: ignore[assignment]  # lists, made here
        points.append(_point(each, now_ns, shown.get(each.identity, ())))
    return replace(like, metrics=list(metrics.values()))


def _empty(kind: Kind) -> Histogram | Sum | Gauge:
    cumulative = AggregationTemporality.CUMULATIVE
    match kind:
        case "histogram":
            return Histogram([], cumulative)
        case "gauge":
            return Gauge([])
        case _:
            return Sum([], cumulative, is_monotonic=kind == "counter")


def _point(
    told: Told, now_ns: int, exemplars: Sequence[Exemplar]
) -> HistogramDataPoint | NumberDataPoint:
    identity = told.identity
    attributes: Any = dict(identity.attributes)
    until = max(now_ns, told.since_ns)
    if identity.kind != "histogram":
        return NumberDataPoint(attributes, told.since_ns, until, told.value, exemplars)
    falls = told.value != told.value
    return HistogramDataPoint(
        attributes=attributes,
        start_time_unix_nano=told.since_ns,
        time_unix_nano=until,
        count=sum(told.counts),
        sum=0.0 if falls else told.value,
        bucket_counts=told.counts,
        explicit_bounds=identity.bounds,
        min=-1.0 if falls else 0.0,
        max=0.0,
        exemplars=exemplars,
    )


def _kind(metric: Metric) -> Kind:
    match metric.data:
        case Gauge():
            return "gauge"
        case Sum():
            return "counter" if metric.data.is_monotonic else "updowncounter"
        case _:
            return "histogram"


def _told(metric: Metric) -> Iterator[Told]:
    kind, unit = _kind(metric), metric.unit or ""
    merge = policy_of(metric.name, kind)
    description = metric.description or ""
    for point in metric.data.data_points:
        attributes = attributes_of(point.attributes or {})
        since = point.start_time_unix_nano or 0
        bounds: tuple[float, ...] = ()
        counts: tuple[int, ...] = ()
        match metric.data:
            case Histogram():
                bounds, counts = tuple(point.explicit_bounds), tuple(point.bucket_counts)  # type: ignore[union-attr]  # of a histogram
                value = _sum(point)
            case ExponentialHistogram():
                # Its boundaries come and go: what can be added is how many there were.
                counts = (point.count,)  # type: ignore[union-attr]  # of such a histogram
                value = _sum(point)
            case _:
                value = float(point.value)  # type: ignore[union-attr]  # of a sum or gauge
        yield Told(
            Identity(metric.name, kind, unit, merge, attributes, bounds),
            description,
            since,
            value,
            counts,
        )


def _sum(point: Any) -> float:
    """A histogram's sum; no number where it may fall, which Prometheus takes for a restart."""
    falls = point.min < 0 or (getattr(point, "explicit_bounds", None) or (0,))[0] < 0
    return float("nan") if falls else float(point.sum)
