"""Exporters and processors that cannot throw: what they fail to deliver is counted instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from opentelemetry.context import Context
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    MetricReader,
    MetricsData,
)
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from ninefold.telemetry._overheard import listen_to, overheard
from ninefold.telemetry._redacted_span import redact_record, redacted_span
from ninefold.telemetry._room import Room

if TYPE_CHECKING:
    from ninefold.registry import Signal
    from ninefold.telemetry._faults import Faults


class _Exports:
    """Calls an exporter's `export`; a failure, thrown or told, is counted as so many items lost."""

    def __init__(self, signal: Signal, inner: Any, faults: Faults) -> None:
        self._signal: Signal = signal
        self._inner = inner
        self._faults = faults
        listen_to(inner)

    def export(self, items: int, *arguments: Any, **options: Any) -> Any:
        """What the exporter answers, None where it threw."""
        with overheard() as heard:
            try:
                result = self._inner.export(*arguments, **options)
            except Exception as error:  # noqa: BLE001 - a third party's exporter
                self._faults.dropped(
                    self._signal, "export_failed", items, self._faults.quoted(error)
                )
                return None
        if getattr(result, "name", "SUCCESS") != "SUCCESS":
            # The first line has the cause; later ones tell of trying again.
            said = f": {heard[0]}" if heard else ""
            self._faults.dropped(
                self._signal, "export_failed", items, f"{type(self._inner).__name__} failed{said}"
            )
        return result


class GuardedSpanExporter(SpanExporter):
    """Hands spans on, without secrets; a failure is counted as so many spans dropped.

    `room` is that of the queue which the spans come from.
    """

    def __init__(self, inner: SpanExporter, faults: Faults, room: Room | None = None) -> None:
        self._inner = inner
        self._faults = faults
        self._exports = _Exports("traces", inner, faults)
        self._room = room

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export; never raises."""
        if self._room is not None:
            self._room.give(len(spans))
        try:
            clean = [redacted_span(span) for span in spans]
        except Exception as error:  # noqa: BLE001 - rather none than one with its secrets
            self._faults.dropped("traces", "export_failed", len(spans), self._faults.quoted(error))
            return SpanExportResult.FAILURE
        result = self._exports.export(len(spans), clean)
        return SpanExportResult.FAILURE if result is None else result

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
        self._exports = _Exports("metrics", inner, faults)

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> MetricExportResult:
        """Export; never raises."""
        result = self._exports.export(
            _points(metrics_data), metrics_data, timeout_millis=timeout_millis, **kwargs
        )
        return MetricExportResult.FAILURE if result is None else result

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Shut the exporter down."""
        self._inner.shutdown(timeout_millis=timeout_millis, **kwargs)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Flush the exporter."""
        return self._inner.force_flush(timeout_millis)


class GuardedLogExporter:
    """Hands log records on, exceptions without secrets; a failure is counted as so many dropped.

    No subclass of the SDK's exporter, which has changed its name between the supported versions.
    """

    def __init__(self, inner: Any, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults
        self._exports = _Exports("logs", inner, faults)
        self.room: Room | None = None
        """That of the queue which the records come from."""

    def export(self, batch: Sequence[Any]) -> Any:
        """Export; never raises."""
        if self.room is not None:
            self.room.give(len(batch))
        try:
            for record in batch:
                redact_record(record)
        except Exception as error:  # noqa: BLE001 - rather none than one with its secrets
            self._faults.dropped("logs", "export_failed", len(batch), self._faults.quoted(error))
            return None
        return self._exports.export(len(batch), batch)

    def shutdown(self) -> None:
        """Shut the exporter down."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the exporter, where it has something to flush."""
        flush = getattr(self._inner, "force_flush", None)
        return True if flush is None else bool(flush(timeout_millis))


class GuardedSpanProcessor(SpanProcessor):
    """Hands spans to a processor; what it throws is counted as a span dropped.

    The SDK would let it out of `start_span` and `span.end()`, into the application. A span that
    finds no room in the queue of the SDK's own batching processor is counted too, and let go.
    """

    def __init__(self, inner: SpanProcessor, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults
        # A subclass may leave spans out: they would take places and never give them back.
        self._room = Room.of(inner) if type(inner) is BatchSpanProcessor else None
        _guard_span_exporter(inner, faults, self._room)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """A span started; never raises."""
        try:
            self._inner.on_start(span, parent_context)
        except Exception as error:  # noqa: BLE001 - a third party's processor
            self._faults.dropped("traces", "export_failed", 1, self._faults.quoted(error))

    def _on_ending(self, span: Span) -> None:
        # Newer SDKs have it: the span may still be changed.
        ending = getattr(self._inner, "_on_ending", None)
        try:
            if ending is not None:
                ending(span)
        except Exception as error:  # noqa: BLE001 - a third party's processor
            self._faults.dropped("traces", "export_failed", 1, self._faults.quoted(error))

    def on_end(self, span: ReadableSpan) -> None:
        """A span ended; never raises."""
        # The processor takes no notice of a span that is not sampled.
        queued = self._room is not None and span.context and span.context.trace_flags.sampled
        if queued and self._room is not None and not self._room.take():
            self._faults.dropped("traces", "queue_full", 1, "see OTEL_BSP_MAX_QUEUE_SIZE")
            return
        try:
            self._inner.on_end(span)
        except Exception as error:  # noqa: BLE001 - a third party's processor
            self._faults.dropped("traces", "export_failed", 1, self._faults.quoted(error))

    def shutdown(self) -> None:
        """Shut the processor down."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the processor; one that raises, or says nothing, keeps no other from its flush.

        The SDK stops at the first that answers nothing true, and its own base class of 1.30
        answers nothing at all.
        """
        try:
            return cast("object", self._inner.force_flush(timeout_millis)) is not False
        except Exception as error:  # noqa: BLE001 - a third party's processor
            self._faults.internal_error("traces", error)
            return True


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


class GuardedLogProcessor:
    """Hands log records to the SDK's batching processor, and counts those that find no room.

    No subclass of the SDK's, whose method has changed its name between the supported versions.
    """

    def __init__(self, make: Callable[[Any], Any], exporter: Any, faults: Faults) -> None:
        guarded = GuardedLogExporter(exporter, faults)
        self._inner = make(guarded)
        self._faults = faults
        self._room = guarded.room = Room.of(self._inner)

    def on_emit(self, record: Any) -> None:
        """A record was written."""
        if self._room is not None and not self._room.take():
            self._faults.dropped("logs", "queue_full", 1, "see OTEL_BLRP_MAX_QUEUE_SIZE")
        elif hasattr(self._inner, "on_emit"):
            self._inner.on_emit(record)
        else:
            self._inner.emit(record)

    emit = on_emit

    def shutdown(self) -> None:
        """Shut the processor down."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the processor."""
        return bool(self._inner.force_flush(timeout_millis))


def _guard_span_exporter(processor: SpanProcessor, faults: Faults, room: Room | None) -> None:
    # Where the SDK's two processors keep their exporter; the batching one has moved it meanwhile.
    for holder in (processor, getattr(processor, "_batch_processor", None)):
        for name in ("span_exporter", "_exporter"):
            exporter = getattr(holder, "__dict__", {}).get(name)
            if isinstance(exporter, GuardedSpanExporter):
                exporter = exporter._inner
            if isinstance(exporter, SpanExporter):
                setattr(holder, name, GuardedSpanExporter(exporter, faults, room))


def _points(data: MetricsData) -> int:
    return sum(
        len(metric.data.data_points)
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    )
