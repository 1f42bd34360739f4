"""The span that a call happens in, if its trace is kept."""

from __future__ import annotations

from opentelemetry.context import Context
from opentelemetry.trace import Span, get_current_span

__all__ = ["recording"]


def recording(context: Context) -> Span | None:
    """The present span of a context, where it is recorded and its trace is sampled."""
    span = get_current_span(context)
    if span.is_recording() and span.get_span_context().trace_flags.sampled:
        return span
    return None
