"""Exporters and processors that cannot throw: what they fail to deliver is counted instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from opentelemetry.context import Context
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    MetricReader,
    MetricsData,
)
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from ninefold.telemetry._faults import quoted
from ninefold.telemetry._redacted_span import redacted_span

if TYPE_CHECKING:
    from ninefold.telemetry._faults import Faults


class GuardedSpanExporter(SpanExporter):
    """Hands spans on, without secrets; a failure, thrown or told, is counted as spans dropped."""

    def __init__(self, inner: SpanExporter, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export; never raises."""
        try:
            result = self._inner.export([redacted_span(span) for span in spans])
        except Exception as error:  # noqa: BLE001 - a third party's exporter
            self._faults.dropped("traces", "export_failed", len(spans), quoted(error))
            return SpanExportResult.FAILURE
        if result is not SpanExportResult.SUCCESS:
            name = type(self._inner).__name__
            self._faults.dropped("traces", "export_failed", len(spans), f"{name} failed")
        return result

    def shutdown(self) -> None:
        """Shut the exporter down."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the exporter."""
        return self._inner.force_flush(timeout_millis)


class GuardedMetricExporter(MetricExporter):
    """Hands metrics on; a failure, thrown or told, is counted as so many points dropped."""

    def __init__(self, inner: MetricExporter, faults: Faults) -> None:
        super().__init__(
            preferred_temporality=inner._preferred_temporality,  # pyright: ignore[reportPrivateUsage]
            preferred_aggregation=inner._preferred_aggregation,  # pyright: ignore[reportPrivateUsage]
        )
        self._inner = inner
        self._faults = faults

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> MetricExportResult:
        """Export; never raises."""
        try:
            result = self._inner.export(metrics_data, timeout_millis=timeout_millis, **kwargs)
        except Exception as error:  # noqa: BLE001 - a third party's exporter
            self._faults.dropped("metrics", "export_failed", _points(metrics_data), quoted(error))
            return MetricExportResult.FAILURE
        if result is not MetricExportResult.SUCCESS:
            name = type(self._inner).__name__
            self._faults.dropped(
                "metrics", "export_failed", _points(metrics_data), f"{name} failed"
            )
        return result

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Shut the exporter down."""
        self._inner.shutdown(timeout_millis=timeout_millis, **kwargs)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Flush the exporter."""
        return self._inner.force_flush(timeout_millis)


class GuardedLogExporter:
    """Hands log records on; a failure, thrown or told, is counted as so many records dropped.

    No subclass of the SDK's exporter, which has changed its name between the supported versions.
    """

    def __init__(self, inner: Any, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    def export(self, batch: Sequence[Any]) -> Any:
        """Export; never raises."""
        try:
            result = self._inner.export(batch)
        except Exception as error:  # noqa: BLE001 - a third party's exporter
            self._faults.dropped("logs", "export_failed", len(batch), quoted(error))
            return None
        if getattr(result, "name", "SUCCESS") != "SUCCESS":
            name = type(self._inner).__name__
            self._faults.dropped("logs", "export_failed", len(batch), f"{name} failed")
        return result

    def shutdown(self) -> None:
        """Shut the exporter down."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the exporter, where it has something to flush."""
        flush = getattr(self._inner, "force_flush", None)
        return True if flush is None else bool(flush(timeout_millis))


class GuardedSpanProcessor(SpanProcessor):
    """Hands spans to a caller's own processor; what it throws is counted as a span dropped.

    The SDK would let it out of `start_span` and `span.end()`, into the application.
    """

    def __init__(self, inner: SpanProcessor, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults
        _guard_span_exporter(inner, faults)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """A span started; never raises."""
        try:
            self._inner.on_start(span, parent_context)
        except Exception as error:  # noqa: BLE001 - a third party's processor
            self._faults.dropped("traces", "export_failed", 1, quoted(error))

    def _on_ending(self, span: Span) -> None:
        # Newer SDKs have it: the span may still be changed.
        ending = getattr(self._inner, "_on_ending", None)
        try:
            if ending is not None:
                ending(span)
        except Exception as error:  # noqa: BLE001 - a third party's processor
            self._faults.dropped("traces", "export_failed", 1, quoted(error))

    def on_end(self, span: ReadableSpan) -> None:
        """A span ended; never raises."""
        try:
            self._inner.on_end(span)
        except Exception as error:  # noqa: BLE001 - a third party's processor
            self._faults.dropped("traces", "export_failed", 1, quoted(error))

    def shutdown(self) -> None:
        """Shut the processor down."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the processor."""
        return self._inner.force_flush(timeout_millis)


def guard_reader(reader: MetricReader, faults: Faults) -> None:
    """Guard the exporter of a caller's own reader, where it has one, as those of the settings are.

    The SDK catches what such an exporter throws, logs it at every export, and counts nothing.
    """
    exporter = getattr(reader, "_exporter", None)
    if isinstance(exporter, GuardedMetricExporter):
        # It served another service before.
        exporter = exporter._inner
    if isinstance(exporter, MetricExporter):
        setattr(reader, "_exporter", GuardedMetricExporter(exporter, faults))  # noqa: B010 - not every reader has it


def _guard_span_exporter(processor: SpanProcessor, faults: Faults) -> None:
    # Where the SDK's two processors keep their exporter; the batching one has moved it meanwhile.
    for holder in (processor, getattr(processor, "_batch_processor", None)):
        for name in ("span_exporter", "_exporter"):
            exporter = getattr(holder, "__dict__", {}).get(name)
            if isinstance(exporter, GuardedSpanExporter):
                exporter = exporter._inner
            if isinstance(exporter, SpanExporter):
                setattr(holder, name, GuardedSpanExporter(exporter, faults))


def _points(data: MetricsData) -> int:
    return sum(
        len(metric.data.data_points)
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    )
