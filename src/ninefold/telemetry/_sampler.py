"""Our decision as an SDK sampler, for the spans that no middleware of ours starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes

__all__ = ["Decides", "HeadSampler", "Keeps", "restated"]

Keeps = Callable[[int, bool | None], bool]
"""Whether a trace id is kept, given its parent's decision (None at a root)."""

_ENTRY: Final = "ot"
_KEPT: Final = 64
_MOST_MEMBERS: Final = 32  # W3C Trace Context, section 3.3.1.1


class Decides(Protocol):
    """Who decides on traces."""

    def keeps(self, trace_id: int, parent_sampled: bool | None, /) -> bool:
        """Whether a trace is kept whose parent, if it has one, told no more than that."""
        ...

    def decide(
        self, trace_id: int, parent_sampled: bool | None, entry: str | None, /
    ) -> tuple[bool, str | None]:
        """Whether it is kept, and the `ot` entry that goes on, given the parent's."""
        ...


class HeadSampler(Sampler):
    """Keeps or drops by the trace's randomness and parent.

    The SDK never hands the parent's trace state over (opentelemetry-python#5578), so it is taken
    from the parent itself: what other vendors wrote there has to travel on.
    """

    def __init__(self, head: Decides) -> None:
        self._head = head
        # Roots have nothing but our entry, of which a threshold makes one.
        self._roots: dict[str | None, TraceState] = {}

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
        state = parent.trace_state
        sampled = parent.trace_flags.sampled if parent.is_valid else None
        entry = state.get(_ENTRY) if state else None
        kept, told = self._head.decide(trace_id, sampled, entry)
        return SamplingResult(
            Decision.RECORD_AND_SAMPLE if kept else Decision.DROP,
            attributes if kept else None,
            state if told == entry else self._restated(state, told),
        )

    def _restated(self, state: TraceState | None, told: str | None) -> TraceState:
        if state:
            return restated(state, told)
        found = self._roots.get(told)
        if found is None:
            found = restated(None, told)
            if len(self._roots) < _KEPT:
                self._roots[told] = found
        return found

    def get_description(self) -> str:
        """How the SDK names this sampler."""
        return "NinefoldHeadSampler"


def restated(state: TraceState | None, entry: str | None) -> TraceState:
    """A trace state with another `ot` entry, which comes first, or without one.

    The others stay as they are and in their order; where there is no place for one more, the last
    is left out (W3C Trace Context, section 3.5).
    """
    others = [member for member in (state or {}).items() if member[0] != _ENTRY]
    if entry is None:
        return TraceState(others)
    return TraceState([(_ENTRY, entry), *others[: _MOST_MEMBERS - 1]])
