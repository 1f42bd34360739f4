"""Between what the SDK collected and what workers tell each other."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
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

from ninefold.telemetry._workers._model import Identity, Told, policy_of

if TYPE_CHECKING:
    from ninefold.registry import Kind

_OF_ONE = ("service.instance.id", "process.pid")
"""What the resource says of one process alone: it is untrue where one answers for all."""


def told_of(resources: Sequence[ResourceMetrics], besides: Container[str]) -> list[Told]:
    """What was collected but for the metrics named `besides`, as one process tells it."""
    return [
        told
        for resource in resources
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name not in besides
        for told in _told(metric)
    ]


def without_states(
    resources: Sequence[ResourceMetrics],
) -> tuple[list[ResourceMetrics], list[Told]]:
    """What was collected without what cannot be added to another's; and that by itself."""
    kept: list[ResourceMetrics] = []
    states: list[Told] = []
    for resource in resources:
        scopes = []
        for scope in resource.scope_metrics:
            counts = []
            for metric in scope.metrics:
                kind = _kind(metric)
                if kind in ("gauge", "updowncounter") and policy_of(metric.name, kind) != "sum":
                    states.extend(_told(metric))
                else:
                    counts.append(metric)
            scopes.append(replace(scope, metrics=counts))
        attributes = {
            key: value for key, value in resource.resource.attributes.items() if key not in _OF_ONE
        }
        common = Resource(attributes, resource.resource.schema_url)
        kept.append(replace(resource, resource=common, scope_metrics=scopes))
    return kept, states


def scope_of(told: Sequence[Told], like: ScopeMetrics, now_ns: int) -> ScopeMetrics:
    """What workers told, as if it had been collected, in a scope such as `like`."""
    metrics: dict[tuple[str, str, str], Metric] = {}
    for each in told:
        name, kind, unit, _, _, _ = each.identity
        metric = metrics.get((name, kind, unit))
        if metric is None:
            metric = metrics[name, kind, unit] = Metric(name, each.description, unit, _empty(kind))
        points: list[Any] = metric.data.data_points  # type: ignore[assignment]  # lists, made here
        points.append(_point(each, now_ns))
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


def _point(told: Told, now_ns: int) -> HistogramDataPoint | NumberDataPoint:
    identity = told.identity
    attributes: Any = dict(identity.attributes)
    until = max(now_ns, told.since_ns)
    if identity.kind != "histogram":
        return NumberDataPoint(attributes, told.since_ns, until, told.value)
    return HistogramDataPoint(
        attributes=attributes,
        start_time_unix_nano=told.since_ns,
        time_unix_nano=until,
        count=sum(told.counts),
        sum=told.value,
        bucket_counts=told.counts,
        explicit_bounds=identity.bounds,
        min=0.0,
        max=0.0,
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
        attributes = tuple((point.attributes or {}).items())
        since = point.start_time_unix_nano or 0
        bounds: tuple[float, ...] = ()
        counts: tuple[int, ...] = ()
        match metric.data:
            case Histogram():
                bounds, counts = tuple(point.explicit_bounds), tuple(point.bucket_counts)  # type: ignore[union-attr]  # of a histogram
                value = float(point.sum)  # type: ignore[union-attr]  # the same
            case ExponentialHistogram():
                # Its boundaries come and go: what can be added is how many there were.
                counts = (point.count,)  # type: ignore[union-attr]  # of such a histogram
                value = float(point.sum)  # type: ignore[union-attr]  # the same
            case _:
                value = float(point.value)  # type: ignore[union-attr]  # of a sum or gauge
        yield Told(
            Identity(metric.name, kind, unit, merge, attributes, bounds),
            description,
            since,
            value,
            counts,
        )
