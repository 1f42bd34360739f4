"""A service for one test, with what it collects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.support.otlp_sink import OtlpSink

import ninefold as nf


class Collected:
    """A service, its spans and its points, in memory."""

    def __init__(self, **arguments: Any) -> None:
        self.reader = InMemoryMetricReader()
        self.exporter = InMemorySpanExporter()
        arguments.setdefault("readers", [self.reader])
        arguments.setdefault("span_processors", [SimpleSpanProcessor(self.exporter)])
        self.service = nf.setup(arguments.pop("name", "tests"), **arguments)

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """The spans that ended."""
        return self.exporter.get_finished_spans()

    def collected(self) -> dict[str, dict[tuple[tuple[str, Any], ...], Any]]:
        """Of each metric the value, or a histogram's count, by attributes; collects once."""
        data = self.reader.get_metrics_data()
        return {
            one.name: {
                tuple(sorted((point.attributes or {}).items())): point.value
                if hasattr(point, "value")
                else point.count
                for point in one.data.data_points
            }
            for resource in (data.resource_metrics if data is not None else ())
            for scope in resource.scope_metrics
            for one in scope.metrics
        }

    def points(self, metric: str) -> dict[tuple[tuple[str, Any], ...], Any]:
        """What is collected of one metric."""
        return self.collected().get(metric, {})

    def dropped(self) -> dict[tuple[str, str], int]:
        """What `ninefold.telemetry.dropped` counts, by signal and reason."""
        return {
            (dict(key)["ninefold.signal"], dict(key)["ninefold.reason"]): value
            for key, value in self.points("ninefold.telemetry.dropped").items()
        }


@pytest.fixture
def collect() -> Iterator[Callable[..., Collected]]:
    """Set a service up that lasts as long as the test."""
    made: list[Collected] = []

    def start(**arguments: Any) -> Collected:
        made.append(Collected(**arguments))
        return made[-1]

    yield start
    for one in made:
        one.service.shutdown()


@pytest.fixture
def otlp_sink() -> Iterator[OtlpSink]:
    """A receiver of OTLP by both protocols."""
    with OtlpSink() as sink:
        yield sink
