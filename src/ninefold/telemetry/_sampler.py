"""Our decision as an SDK sampler, for the spans that no middleware of ours starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from types import MappingProxyType
from typing import Final, Protocol

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes

__all__ = ["DECIDED", "Counted", "Decides", "HeadSampler", "Seen", "restated"]

_ENTRY: Final = "ot"
_KEPT: Final = 64
_MOST_MEMBERS: Final = 32  # W3C Trace Context, section 3.3.1.1
_NONE: Final[Mapping[str, object]] = MappingProxyType({})
_KINDS: Final = {
    SpanKind.SERVER: "server",
    SpanKind.CLIENT: "client",
    SpanKind.PRODUCER: "producer",
    SpanKind.CONSUMER: "consumer",
}

DECIDED: Final[ContextVar[tuple[str | None] | None]] = ContextVar("ninefold_decided", default=None)
"""The `ot` entry of a span about to start, in a tuple, where it is decided that it is kept."""


class Seen(Protocol):
    """What rules may look at of the first span of a trace here."""

    @property
    def sampled_path(self) -> str | None:
        """The path of an HTTP request."""
        ...

    @property
    def sampled_method(self) -> str | None:
        """Its method."""
        ...

    @property
    def sampled_kind(self) -> str:
        """The span's kind."""
        ...

    @property
    def sampled_attributes(self) -> Mapping[str, object]:
        """The attributes it starts with."""
        ...


class Decides(Protocol):
    """Who decides on traces."""

    @property
    def is_plain(self) -> bool:
        """Whether `keeps` is all there is to ask about a trace without a `tracestate`."""
        ...

    @property
    def follows(self) -> bool:
        """Whether a caller's decision is respected."""
        ...

    @property
    def entry(self) -> str | None:
        """The `ot` entry of a root that `keeps` keeps."""
        ...

    def keeps(self, trace_id: int, parent_sampled: bool | None, /) -> bool:
        """Whether a trace is kept whose parent, if it has one, told no more than that."""
        ...

    def decide(
        self, trace_id: int, parent_sampled: bool | None, entry: str | None, seen: Seen | None, /
    ) -> tuple[bool, str | None, str]:
        """Whether it is kept, the `ot` entry that goes on, and the rule that decided."""
        ...


Counted = Callable[[str, bool], None]
"""Counts a decision: the rule that decided, and whether the trace is kept."""


def _uncounted(rule: str, kept: bool) -> None:
    del rule, kept


class HeadSampler(Sampler):
    """Keeps or drops where a trace begins here; what is below follows.

    The SDK never hands the parent's trace state over (opentelemetry-python#5578), so it is taken
    from the parent itself: what other vendors wrote there has to travel on.
    """

    def __init__(self, head: Decides) -> None:
        self._head = head
        self.counted: Counted = _uncounted
        """Told of every decision that is made here."""
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
        del name, links, trace_state
        parent = get_current_span(parent_context).get_span_context()
        state = parent.trace_state
        entry = told = state.get(_ENTRY) if state else None
        decided = DECIDED.get()
        if decided is not None:
            kept, [told] = True, decided
        elif parent.is_valid and not parent.is_remote:
            # Within one process a trace is whole, whatever the rules or the rate say meanwhile.
            kept = parent.trace_flags.sampled
        else:
            sampled = parent.trace_flags.sampled if parent.is_valid else None
            seen = _Started(kind, attributes)
            kept, told, rule = self._head.decide(trace_id, sampled, entry, seen)
            self.counted(rule, kept)
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


class _Started:
    """A span that is about to start, as rules see it."""

    __slots__ = ("_kind", "sampled_attributes")

    def __init__(self, kind: SpanKind | None, attributes: Attributes) -> None:
        self._kind = kind
        self.sampled_attributes: Mapping[str, object] = attributes or _NONE

    @property
    def sampled_kind(self) -> str:
        """Its kind."""
        return "internal" if self._kind is None else _KINDS.get(self._kind, "internal")

    @property
    def sampled_path(self) -> str | None:
        """The route where it is told, which no client chooses; else the path of its URL."""
        return self._text("http.route") or self._text("url.path")

    @property
    def sampled_method(self) -> str | None:
        """The HTTP method."""
        return self._text("http.request.method")

    def _text(self, name: str) -> str | None:
        found = self.sampled_attributes.get(name)
        return found if isinstance(found, str) else None


def restated(state: TraceState | None, entry: str | None) -> TraceState:
    """A trace state with another `ot` entry, which comes first, or without one.

    The others stay as they are and in their order; where there is no place for one more, the last
    is left out (W3C Trace Context, section 3.5).
    """
    others = [member for member in (state or {}).items() if member[0] != _ENTRY]
    if entry is None:
        return TraceState(others)
    return TraceState([(_ENTRY, entry), *others[: _MOST_MEMBERS - 1]])
