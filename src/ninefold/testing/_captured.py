"""Captured telemetry: what a service measured during one test, held in memory and looked up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from opentelemetry.sdk.metrics.export import (
    HistogramDataPoint,
    InMemoryMetricReader,
    MetricsData,
    NumberDataPoint,
)
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ninefold import registry
from ninefold.core import nearest
from ninefold.errors import ConfigurationError
from ninefold.sampling import Sampling
from ninefold.service import current, setup

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

    from ninefold.service import Service

_ALL: Final = Sampling(target_per_s=None)
"""Leaves no trace to chance, nor to how fast a test runs."""

Point = HistogramDataPoint | NumberDataPoint


class CapturedTelemetry:
    """A service's metrics and spans since the test began; the fixture `telemetry` gives one.

    Where the application was set up when its module was imported, that service is captured from
    zero on, and let go at the end. Otherwise `service` sets one up for this test alone. A service
    that the test itself sets up is captured by `capture`, before its first request.

    Every trace is kept, but for those that the test's own `traceparent` says were dropped; whatever
    sampling the service has, `capture(service, sampled=True)` leaves it in force.

    Whatever is recorded goes to memory at once and nowhere else. In a name of an attribute a dot
    may be written as an underscore, so that it can be a keyword.

    >>> from ninefold.registry import HTTP_SERVER_ACTIVE_REQUESTS
    >>> with CapturedTelemetry() as telemetry:
    ...     requests = telemetry.service.telemetry.up_down_counter(HTTP_SERVER_ACTIVE_REQUESTS)
    ...     requests.add(2, ("GET", "https"))
    ...     requests.add(1, ("GET", "http"))
    ...     telemetry.value("http.server.active_requests", url_scheme="https")
    2
    """

    def __init__(self) -> None:
        self._before = current()
        self._captured: Service | None = None
        self._sampled = False
        self._reader = InMemoryMetricReader()
        self._exporter = InMemorySpanExporter()

    def __enter__(self) -> CapturedTelemetry:
        if self._before is not None:
            self.capture(self._before)
        return self

    def __exit__(self, *_: object) -> None:
        service = current()
        if service is not None and service is not self._before:
            service.shutdown()
        elif self._captured is not None:
            _begin_again(self._captured, (), ())
            self._captured._in_force.hold(None)

    @property
    def service(self) -> Service:
        """The captured service; set up now, as `tests`, where there is none yet."""
        if self._captured is None:
            if current() is None:
                self._captured = setup(
                    "tests",
                    environment="test",
                    readers=[self._reader],
                    span_processors=[SimpleSpanProcessor(self._exporter)],
                )
                self._captured._in_force.hold(_ALL)
            else:
                raise ConfigurationError(
                    "a service was set up during the test and is not captured; pass what setup() "
                    "returned to telemetry.capture(), before the first request"
                )
        return self._captured

    def capture(self, service: Service, *, sampled: bool = False) -> None:
        """Have what `service` measures from now on, and nothing from before.

        `sampled=True` leaves its sampling in force, for a test of that; else every trace is kept.

        Raises `ConfigurationError` where `OTEL_SDK_DISABLED` leaves nothing to capture, and where
        the global provider is the application's own.
        """
        owners = service.telemetry.owners
        if service.telemetry.disabled:
            raise ConfigurationError(
                f"the service {service.settings.name!r} was set up with OTEL_SDK_DISABLED=true and "
                "measures nothing; unset it for tests"
            )
        for signal, owner in (("metrics", owners.metrics), ("traces", owners.traces)):
            if owner != "ninefold":
                raise ConfigurationError(
                    f"the global provider of {signal} is the application's own, so its readers "
                    "have what is measured; set it up after ninefold, or ask those readers"
                )
        self._reader = InMemoryMetricReader()
        self._exporter = InMemorySpanExporter()
        _begin_again(service, [self._reader], [SimpleSpanProcessor(self._exporter)])
        self._captured = service
        self._sampled = sampled
        service._in_force.hold(None if sampled else _ALL)

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """The spans that ended, in the order in which they did.

        Where traces wait for their outcome (`Sampling(keep=...)`), those of traces that are kept.
        """
        built = self.service.telemetry.pipeline.built
        if built is not None and built.deferring is not None:
            # What is decided to be kept goes out on a thread of its own.
            built.deferring.force_flush()
        return self._exporter.get_finished_spans()

    def points(self, metric: str, **attributes: object) -> tuple[Point, ...]:
        """The points of `metric` that carry these attributes; None says that one is absent.

        Raises `ConfigurationError` for a name that neither the catalogue nor anything collected
        has, and for an attribute that the catalogue does not give to the metric: a slip must not
        read as "nothing was measured".
        """
        collected = self._collect()
        declared = {each.name: each for each in registry.METRICS.values()}
        if metric not in collected and metric not in declared:
            raise ConfigurationError(
                f"no metric is called {metric!r}{_hint(metric, [*declared, *collected])}"
            )
        if metric in declared:
            keys = declared[metric].attributes
            for name in attributes:
                if _keyword(name) not in map(_keyword, [*keys, "otel.metric.overflow"]):
                    raise ConfigurationError(
                        f"{metric} has no attribute {name!r}{_hint(name, keys)}"
                    )
        wanted = {_keyword(name): value for name, value in attributes.items()}
        return tuple(
            point for point in collected.get(metric, ()) if _carries(point.attributes, wanted)
        )

    def value(self, metric: str, **attributes: object) -> float:
        """The sum of the points of `metric` that carry these attributes, 0 where there are none.

        For a histogram that is how many measurements there were; their own sum is in `points`.
        """
        return sum(
            point.count if isinstance(point, HistogramDataPoint) else point.value
            for point in self.points(metric, **attributes)
        )

    def clear(self) -> None:
        """Forget what was measured so far: series begin at zero, and there are no spans."""
        self.capture(self.service, sampled=self._sampled)

    def _collect(self) -> dict[str, list[Point]]:
        # Setting up on demand also turns a missing `capture` into an error. What was declared and
        # never recorded, such as an objective's zeros, is there as it is in a scrape.
        self.service.telemetry.pipeline.wake()
        data = self._reader.get_metrics_data()
        found: dict[str, list[Point]] = {}
        for name, points in _flat(data):
            found.setdefault(name, []).extend(points)
        return found


def _flat(data: MetricsData | None) -> Iterable[tuple[str, list[Point]]]:
    for resource in () if data is None else data.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                points = metric.data.data_points
                yield (
                    metric.name,
                    [p for p in points if isinstance(p, HistogramDataPoint | NumberDataPoint)],
                )


def _begin_again(
    service: Service, readers: Sequence[MetricReader], processors: Sequence[SpanProcessor]
) -> None:
    """Start the service's telemetry anew, as in a forked child, with these readers alone."""
    pipeline = service.telemetry.pipeline
    built = pipeline.built
    service.telemetry.restart()
    if built is not None:
        for provider in (built.tracer_provider, built.meter_provider, built.logger_provider):
            if provider is not None:
                provider.shutdown()
        for worker in built.workers.values():
            worker.stop()
    pipeline._readers = list(readers)
    pipeline._span_processors = list(processors)
    # Whether spans go anywhere has just changed.
    service.tracing.restart()


def _carries(attributes: Mapping[str, object] | None, wanted: Mapping[str, object]) -> bool:
    carried = {_keyword(name): value for name, value in (attributes or {}).items()}
    return all(carried.get(name) == value for name, value in wanted.items())


def _keyword(name: str) -> str:
    return name.replace(".", "_")


def _hint(word: str, choices: Sequence[str]) -> str:
    near = nearest(word, choices)
    return "" if near is None else f"; did you mean {near!r}?"
