"""Our decision as an SDK sampler, for the spans that no middleware of ours starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes

Keeps = Callable[[int, bool | None], bool]
"""Whether a trace id is kept, given its parent's decision (None at a root)."""


class HeadSampler(Sampler):
    """Keeps or drops by trace id and parent.

    The SDK never hands the parent's trace state over (opentelemetry-python#5578), so it is taken
    from the parent itself: what other vendors wrote there has to travel on.
    """

    def __init__(self, keeps: Keeps) -> None:
        self._keeps = keeps

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Decide on a span that is about to start."""
        del name, kind, links, trace_state
        parent = get_current_span(parent_context).get_span_context()
        sampled = parent.trace_flags.sampled if parent.is_valid else None
        kept = self._keeps(trace_id, sampled)
        return SamplingResult(
            Decision.RECORD_AND_SAMPLE if kept else Decision.DROP,
            attributes if kept else None,
            parent.trace_state,
        )

    def get_description(self) -> str:
        """How the SDK names this sampler."""
        return "NinefoldHeadSampler"
