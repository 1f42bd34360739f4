"""One record into a known histogram series of six attributes, in a loop that costs next to nothing.

The attributes, boundaries and values are the same for all; SDK attributes and ninefold's key are
made once, outside the loop, which is the cheapest way to call either.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle, islice
from typing import Any, Final

from bench import checks, sdk
from bench.clock import timed
from bench.model import Goal, Scenario, Variant, Workload

ATTRIBUTES: Final[dict[str, Any]] = {
    "http.request.method": "GET",
    "url.scheme": "https",
    "http.route": "/things/{thing_id}",
    "http.response.status_code": 500,
    "error.type": "500",
    "network.protocol.version": "1.1",
}
BOUNDARIES: Final = (
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
)  # fmt: skip
VALUES: Final = tuple(0.001 * 1.02**step for step in range(512))
"""Latencies from 1 ms to 25 s: every bucket is met."""

COUNTED = "holds every record"


def bare() -> Workload:
    """The loop alone."""

    def run(operations: int) -> None:
        for _ in islice(cycle(VALUES), operations):
            pass

    return Workload(measure=lambda operations: timed(run, operations))


def sdk_histogram(sampled: bool = False) -> Workload:
    """`Histogram.record` of the OpenTelemetry SDK; `sampled`: inside a sampled span."""
    from opentelemetry import trace
    from opentelemetry.context import attach

    meters, reader = sdk.metering()
    histogram = meters.get_meter("bench").create_histogram(
        sdk.DURATION,
        unit="s",
        description="Duration of HTTP server requests.",
        explicit_bucket_boundaries_advisory=BOUNDARIES,
    )
    if sampled:
        attach(trace.set_span_in_context(trace.NonRecordingSpan(_sampled_context())))
    record, attributes = histogram.record, ATTRIBUTES

    def run(operations: int) -> None:
        for value in islice(cycle(VALUES), operations):
            record(value, attributes)

    return _recording(run, lambda: checks.recorded(reader, sdk.DURATION))


def prometheus_child() -> Workload:
    """`observe` of a prometheus_client child that was looked up once."""
    from prometheus_client import CollectorRegistry, Histogram, generate_latest

    registry = CollectorRegistry()
    names = [name.replace(".", "_") for name in ATTRIBUTES]
    histogram = Histogram("d", "Duration.", names, registry=registry, buckets=BOUNDARIES)
    observe = histogram.labels(*map(str, ATTRIBUTES.values())).observe

    def run(operations: int) -> None:
        for value in islice(cycle(VALUES), operations):
            observe(value)

    return _recording(run, lambda: checks.exposed(generate_latest(registry).decode(), "d_count"))


def prometheus_labels() -> Workload:
    """`labels(...).observe` of prometheus_client, the look-up included."""
    from prometheus_client import CollectorRegistry, Histogram, generate_latest

    registry = CollectorRegistry()
    names = [name.replace(".", "_") for name in ATTRIBUTES]
    histogram = Histogram("d", "Duration.", names, registry=registry, buckets=BOUNDARIES)
    labels, key = histogram.labels, tuple(map(str, ATTRIBUTES.values()))

    def run(operations: int) -> None:
        for value in islice(cycle(VALUES), operations):
            labels(*key).observe(value)

    return _recording(run, lambda: checks.exposed(generate_latest(registry).decode(), "d_count"))


def ninefold_instrument(sampled: bool = False) -> Workload:
    """`record(value, key)` of ninefold's histogram; `sampled`: with an exemplar to offer."""
    histogram, reader, key = _ninefold()
    record = histogram.record
    exemplar = _sampled_context() if sampled else None

    def run(operations: int) -> None:
        for value in islice(cycle(VALUES), operations):
            record(value, key, exemplar)

    return _recording(run, lambda: checks.recorded(reader, sdk.DURATION))


def ninefold_cell() -> Workload:
    """`record(value)` of ninefold's cell that was resolved once."""
    histogram, reader, key = _ninefold()
    record = histogram.cell(key).record

    def run(operations: int) -> None:
        for value in islice(cycle(VALUES), operations):
            record(value)

    return _recording(run, lambda: checks.recorded(reader, sdk.DURATION))


def _ninefold() -> tuple[Any, Any, tuple[Any, ...]]:
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    from ninefold.config import load
    from ninefold.registry import HTTP_SERVER_REQUEST_DURATION as METRIC
    from ninefold.telemetry import Telemetry

    reader = InMemoryMetricReader()
    telemetry = Telemetry(load(code={"name": "bench"}), readers=[reader])
    key = tuple(ATTRIBUTES[name] for name in METRIC.attributes)
    return telemetry.histogram(METRIC), reader, key


def _sampled_context() -> Any:
    from opentelemetry.trace import SpanContext, TraceFlags

    return SpanContext(2**100 + 1, 2**50 + 1, True, TraceFlags(TraceFlags.SAMPLED))


def _recording(run: Callable[[int], None], count: Callable[[], int]) -> Workload:
    return Workload(
        measure=lambda operations: timed(run, operations),
        check=checks.expect("records", count),
    )


NONE = {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}

SCENARIO = Scenario(
    name="record",
    title="One record into a known series with six attributes",
    operation="record",
    operations=5_000,
    warm_up=500,
    variants=(
        Variant(name="bare", label="the loop", build=bare, over=None),
        Variant(
            name="ninefold",
            label="ninefold, instrument and key",
            build=ninefold_instrument,
            claim=COUNTED,
            environment=NONE,
        ),
        Variant(
            name="ninefold-cell",
            label="ninefold, cell resolved once",
            build=ninefold_cell,
            claim=COUNTED,
            environment=NONE,
        ),
        Variant(name="sdk", label="SDK Histogram.record", build=sdk_histogram, claim=COUNTED),
        Variant(
            name="prometheus-child",
            label="prometheus_client, cached child",
            build=prometheus_child,
            claim=COUNTED,
        ),
        Variant(
            name="prometheus-labels",
            label="prometheus_client, labels() each time",
            build=prometheus_labels,
            claim=COUNTED,
        ),
        Variant(
            name="ninefold-sampled",
            label="ninefold, with an exemplar",
            build=lambda: ninefold_instrument(sampled=True),
            claim=COUNTED,
            environment=NONE,
        ),
        Variant(
            name="sdk-sampled",
            label="SDK, in a sampled span",
            build=lambda: sdk_histogram(sampled=True),
            claim=COUNTED,
        ),
    ),
    goals=(
        Goal(of="ninefold", against="sdk", at_most=1 / 10),
        Goal(of="ninefold-cell", against="prometheus-child", at_most=1.0),
        Goal(of="ninefold", against="prometheus-child", at_most=1.0),
        Goal(of="ninefold-sampled", against="sdk-sampled", at_most=1 / 10),
        Goal(of="ninefold", against="prometheus-labels", at_most=None),
    ),
)
