"""Decoded OTLP: resource spans, metrics and log records flattened into what tests compare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Status

Attributes = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span as it arrived; ids in lower-case hex, `parent` empty for a root."""

    resource: Attributes
    scope: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent: str
    trace_state: str
    attributes: Attributes
    status: str
    status_message: str
    events: tuple[tuple[str, Attributes], ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of one series; times in Unix nanoseconds.

    `value` is a histogram's sum, anything else's number. `count` and `buckets` are a histogram's;
    `temporality` is `cumulative`, `delta`, or empty for a gauge.
    """

    resource: Attributes
    scope: str
    metric: str
    unit: str
    kind: str
    temporality: str
    monotonic: bool
    attributes: Attributes
    start: int
    time: int
    value: float
    count: int = 0
    buckets: tuple[int, ...] = ()
    bounds: tuple[float, ...] = ()
    exemplars: tuple[tuple[float, str], ...] = ()
    """Each exemplar's value and trace id."""

    @property
    def series(self) -> tuple[object, ...]:
        """What two points of one series have in common."""
        return (
            self.metric,
            tuple(sorted((key, str(value)) for key, value in self.resource.items())),
            tuple(sorted((key, str(value)) for key, value in self.attributes.items())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord:
    """One log record as it arrived."""

    resource: Attributes
    scope: str
    severity: str
    body: Any
    trace_id: str
    span_id: str
    attributes: Attributes


def spans_of(request: ExportTraceServiceRequest) -> Iterator[Span]:
    """Every span of one request."""
    for block in request.resource_spans:
        resource = _attributes(block.resource.attributes)
        for scope in block.scope_spans:
            for span in scope.spans:
                yield Span(
                    resource=resource,
                    scope=scope.scope.name,
                    name=span.name,
                    kind=SpanMessage.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    trace_state=span.trace_state,
                    attributes=_attributes(span.attributes),
                    status=Status.StatusCode.Name(span.status.code)
                    .removeprefix("STATUS_CODE_")
                    .lower(),
                    status_message=span.status.message,
                    events=tuple(
                        (event.name, _attributes(event.attributes)) for event in span.events
                    ),
                    start=span.start_time_unix_nano,
                    end=span.end_time_unix_nano,
                )


def points_of(request: ExportMetricsServiceRequest) -> Iterator[Point]:
    """Every point of one request."""
    for block in request.resource_metrics:
        resource = _attributes(block.resource.attributes)
        for scope in block.scope_metrics:
            for metric in scope.metrics:
                yield from _points(resource, scope.scope.name, metric)


def logs_of(request: ExportLogsServiceRequest) -> Iterator[LogRecord]:
    """Every log record of one request."""
    for block in request.resource_logs:
        resource = _attributes(block.resource.attributes)
        for scope in block.scope_logs:
            for record in scope.log_records:
                yield LogRecord(
                    resource=resource,
                    scope=scope.scope.name,
                    severity=record.severity_text,
                    body=_value(record.body),
                    trace_id=record.trace_id.hex(),
                    span_id=record.span_id.hex(),
                    attributes=_attributes(record.attributes),
                )


def _points(resource: Attributes, scope: str, metric: Metric) -> Iterator[Point]:
    kind = metric.WhichOneof("data")
    assert kind is not None, f"{metric.name} came without data"
    data: Any = getattr(metric, kind)
    temporality = (
        ""
        if kind == "gauge"
        else AggregationTemporality.Name(data.aggregation_temporality)
        .removeprefix("AGGREGATION_TEMPORALITY_")
        .lower()
    )
    for point in data.data_points:
        distribution: dict[str, Any] = {}
        if kind in ("histogram", "exponential_histogram"):
            value = point.sum
            distribution["count"] = point.count
            if kind == "histogram":
                distribution["buckets"] = tuple(point.bucket_counts)
                distribution["bounds"] = tuple(point.explicit_bounds)
        else:
            value = getattr(point, point.WhichOneof("value"))
        yield Point(
            resource=resource,
            scope=scope,
            metric=metric.name,
            unit=metric.unit,
            kind=kind,
            temporality=temporality,
            monotonic=kind == "sum" and data.is_monotonic,
            attributes=_attributes(point.attributes),
            start=point.start_time_unix_nano,
            time=point.time_unix_nano,
            value=value,
            exemplars=tuple(
                (getattr(exemplar, exemplar.WhichOneof("value")), exemplar.trace_id.hex())
                for exemplar in point.exemplars
            ),
            **distribution,
        )


def _attributes(pairs: Iterable[KeyValue]) -> Attributes:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_value(item) for item in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case scalar:
            return getattr(value, scalar)
