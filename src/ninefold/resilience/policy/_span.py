"""The span that a call happens in, if it is recorded."""

from __future__ import annotations

from typing import Final

from opentelemetry.context import Context
from opentelemetry.trace import Span, get_current_span

from ninefold.telemetry import DroppedSpan

__all__ = ["NOWHERE", "present_span"]

NOWHERE: Final = (None, True)
"""What there is in an empty context: no span, and whoever is called may begin a trace."""

_DROPPED: Final = (None, False)


def present_span(context: Context) -> tuple[Span | None, bool]:
    """The present span of a context, where it is recorded.

    And whether a span of what is called here may be recorded, as it is not in a dropped trace.
    """
    span = get_current_span(context)
    if type(span) is DroppedSpan:
        return _DROPPED
    try:
        kept = span.is_recording()
    except Exception:  # noqa: BLE001 - somebody else's span never reaches the caller
        kept = False
    return (span, True) if kept else NOWHERE
