"""What instrumented applications measured, as one reader collects it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import ninefold as nf
from tests.support.http.table import Record


class Measured:
    """A service for one test, and what it has measured so far."""

    def __init__(self, exclude: Iterable[str]) -> None:
        self._reader = InMemoryMetricReader()
        self._spans = InMemorySpanExporter()
        self.service = nf.setup(
            "table",
            exclude=exclude,
            readers=[self._reader],
            span_processors=[SimpleSpanProcessor(self._spans)],
        )

    def points(self, name: str) -> list[tuple[dict[str, Any], Any]]:
        """Every point of a metric, whichever instrumentation made it."""
        data = self._reader.get_metrics_data()
        return [
            (dict(point.attributes or {}), point)
            for resource in (data.resource_metrics if data is not None else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]

    def records(self) -> Counter[Record]:
        """How often each outcome of a request was recorded."""
        counted: Counter[Record] = Counter()
        for attributes, point in self.points("http.server.request.duration"):
            counted[_record(attributes)] += point.count
        return counted

    def active(self) -> int:
        """How many requests are under way."""
        return sum(point.value for _, point in self.points("http.server.active_requests"))

    def dropped(self) -> list[dict[str, Any]]:
        """What went wrong inside of ninefold, which counts it instead of raising it."""
        points = self.points("ninefold.telemetry.dropped")
        return [attributes for attributes, point in points if point.value]

    def spans(self) -> Counter[Record]:
        """How often each outcome of a request was told by a server span."""
        return Counter(
            _record(dict(span.attributes or {}))
            for span in self._spans.get_finished_spans()
            if span.kind.name == "SERVER"
        )


def _record(attributes: dict[str, Any]) -> Record:
    return Record(
        attributes["http.request.method"],
        attributes.get("http.route"),
        attributes.get("http.response.status_code"),
        attributes.get("error.type"),
    )


@contextmanager
def measured(*, exclude: Iterable[str] = ()) -> Iterator[Measured]:
    """Set a service up that lasts as long as the test."""
    found = Measured(exclude)
    try:
        yield found
    finally:
        found.service.shutdown()
