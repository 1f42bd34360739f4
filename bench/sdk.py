"""OpenTelemetry SDK pipelines for the peers that need one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider

STABLE_NAMES: Final = {"OTEL_SEMCONV_STABILITY_OPT_IN": "http"}
"""Makes contrib emit the stable HTTP conventions alone."""

DURATION: Final = "http.server.request.duration"


def metering() -> tuple[MeterProvider, InMemoryMetricReader]:
    """A meter provider with one reader in memory; exemplars as by default, for sampled spans."""
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    reader = InMemoryMetricReader()
    return MeterProvider(metric_readers=[reader]), reader


def tracing(ratio: float) -> TracerProvider:
    """A tracer provider that keeps `ratio` of the roots, respects parents, exports to nowhere."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    from bench.span_count import CountingExporter

    provider = TracerProvider(sampler=ParentBased(TraceIdRatioBased(ratio)))
    provider.add_span_processor(BatchSpanProcessor(CountingExporter()))
    return provider


def server_spans(provider: TracerProvider) -> int:
    """How many server spans were exported, those still queued included."""
    from bench.span_count import CountingExporter

    provider.force_flush()
    return CountingExporter.exported
