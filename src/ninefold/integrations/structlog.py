"""structlog: a processor that puts the trace's ids into every event, dropped traces included."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from ninefold.telemetry._log_ids import FIELDS, current_ids

__all__ = ["add_trace_context"]


def add_trace_context(
    logger: Any, method: str, event_dict: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Add `trace_id`, `span_id` and `trace_flags` to an event; a key that is there stays.

    The fields are those of the OpenTelemetry specification, "Trace Context in non-OTLP Log
    Formats", in lowercase hex. Outside any trace nothing is added. Put it anywhere before the
    renderer:

        structlog.configure(processors=[add_trace_context, structlog.processors.JSONRenderer()])

    >>> add_trace_context(None, "info", {"event": "started"})
    {'event': 'started'}
    """
    del logger, method
    ids = current_ids()
    if ids[0]:
        for field, value in zip(FIELDS, ids, strict=True):
            event_dict.setdefault(field, value)
    return event_dict
