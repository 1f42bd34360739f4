"""A span exporter that keeps nothing but the number of server spans it was given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan


class CountingExporter(SpanExporter):
    """Exports to nowhere, so that the price of spans is measured without that of a network.

    The count is the process's, as an exporter named in the environment is built out of sight.
    """

    exported: ClassVar[int] = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        CountingExporter.exported += sum(1 for span in spans if span.kind is SpanKind.SERVER)
        return SpanExportResult.SUCCESS
