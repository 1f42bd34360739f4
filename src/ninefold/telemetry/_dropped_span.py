"""The span of a trace that is dropped: ids for logs and for calls onward, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags


class DroppedSpan(NonRecordingSpan):
    """Makes its span context when it is first asked for: many a request neither logs nor calls.

    It is asked by the code that runs inside the request, from any of its threads.
    """

    def __init__(self, trace_id: int, flags: TraceFlags, draw: Callable[[int], int]) -> None:
        # `NonRecordingSpan` would want the context now.
        self._trace_id = trace_id
        self._flags = flags
        self._draw = draw

    def get_span_context(self) -> SpanContext:
        """The ids; the same ones every time."""
        own: dict[str, Any] = vars(self)
        found: SpanContext | None = own.get("_made")
        if found is not None:
            return found
        made = SpanContext(self._trace_id, self._draw(64) or 1, False, self._flags)
        # Two threads may ask at once: the first answer holds, for `setdefault` is one step.
        first: SpanContext = own.setdefault("_made", made)
        return first

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.get_span_context()!r})"
