"""Which measurements of the SDK's own instruments may be shown as exemplars."""

from __future__ import annotations

from opentelemetry.context import Context
from opentelemetry.sdk.metrics import TraceBasedExemplarFilter
from opentelemetry.trace import get_current_span
from opentelemetry.util.types import Attributes

from ninefold.telemetry._pending import is_known_kept

__all__ = ["KeptExemplarFilter"]


class KeptExemplarFilter(TraceBasedExemplarFilter):
    """Those in a trace that is kept, by what is known when they are made.

    The SDK's goes by the flag, which `propagate="always"` sets on traces that wait.
    """

    def should_sample(
        self, value: float, time_unix_nano: int, attributes: Attributes, context: Context
    ) -> bool:
        """Whether the measurement may be shown."""
        del value, time_unix_nano, attributes
        return is_known_kept(get_current_span(context).get_span_context())
