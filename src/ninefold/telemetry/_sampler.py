"""Our decision as an SDK sampler, for the spans that no middleware of ours starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from opentelemetry.context import Context, get_current
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import (
    INVALID_SPAN_CONTEXT,
    Link,
    SpanKind,
    TraceFlags,
    TraceState,
    get_current_span,
)
from opentelemetry.util.types import Attributes

from ninefold.telemetry._pending import DeferredState
from ninefold.telemetry._seen import kind_of

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

    from ninefold.telemetry._decides import Decides
    from ninefold.telemetry._deferring import Deferring
    from ninefold.telemetry._faults import Faults
    from ninefold.telemetry._waits import Waits

__all__ = [
    "DECIDED",
    "Counted",
    "Decided",
    "Failed",
    "HeadSampler",
    "restated",
]

_ENTRY: Final = "ot"
_KEPT: Final = 64
_MOST_MEMBERS: Final = 32  # W3C Trace Context, section 3.3.1.1
_SAMPLED: Final = int(TraceFlags.SAMPLED)
_NONE: Final[Mapping[str, object]] = MappingProxyType({})
_KEEP: Final = Decision.RECORD_AND_SAMPLE
# What a span has that was given none.
_NO_STATE: Final = INVALID_SPAN_CONTEXT.trace_state
# Nobody changes it, and it is nearly always the answer: one for all.
_DROPPED: Final = SamplingResult(Decision.DROP, None, _NO_STATE)


class Decided(NamedTuple):
    """What was decided on a span that is about to start and be recorded."""

    kept: bool
    entry: str | None
    """The `ot` entry that goes on."""
    rule: str


DECIDED: Final[ContextVar[Decided | None]] = ContextVar("ninefold_decided", default=None)
"""The decision on the span about to start, where there is one."""


Makes: TypeAlias = "Callable[[Callable[[ReadableSpan], int]], Waits]"
"""Makes where spans wait, of what weighs a span."""
Counted = Callable[[str, bool], None]
"""Counts a decision: the rule that decided, and whether the trace is kept."""


Failed = Callable[[Exception], None]
"""Is told of a fault that was kept from the application."""


def _uncounted(rule: str, kept: bool) -> None:
    del rule, kept


def _untold(error: Exception) -> None:
    del error


def _unlost(reason: str, spans: int) -> None:
    del reason, spans


class HeadSampler(Sampler):
    """Keeps or drops where a trace begins here; what is below follows.

    The SDK never hands the parent's trace state over (opentelemetry-python#5578), so it is taken
    from the parent itself: what other vendors wrote there has to travel on. What is handed over
    counts where the parent has none.

    It never raises an `Exception`: after a fault of ours a trace goes as its parent went, and a
    root by the default share.
    """

    def __init__(self, head: Decides, waits: Makes | None = None) -> None:
        self._head = head
        self._waits = waits
        self.counted: Counted | None = None
        """Told of every decision that is made here."""
        self.failed: Failed = _untold
        self.deferring: Deferring | None = None
        """Where traces wait for their outcome, if they do."""
        self.outcome: Counted = _uncounted
        """Told of every outcome of a trace that waited."""
        self.lost: Callable[[str, int], None] = _unlost
        """Told how many spans that waited were given up, and why."""
        # Roots have nothing but our entry, of which a threshold makes one.
        self._roots: dict[str | None, TraceState] = {}

    @property
    def head(self) -> Decides:
        """Who decides now."""
        return self._head

    def use(self, head: Decides) -> None:
        """Have `head` decide from now on."""
        self._head = head

    def defer(self, exporting: Sequence[SpanProcessor], faults: Faults) -> Deferring | None:
        """What holds spans back from these processors, where traces wait for their outcome.

        To be asked in each process, which has spans of its own.
        """
        self.deferring = None
        if self._waits is None or not self._head.defers:
            return None
        # Few services defer.
        from ninefold.telemetry._deferring import Deferring
        from ninefold.telemetry._weight import weight_of

        self.deferring = Deferring(
            self._waits(weight_of),
            lambda: self._head,
            exporting,
            faults,
            lambda rule, kept: self.outcome(rule, kept),
            lambda reason, spans: self.lost(reason, spans),
            propagates=self._head.propagates,
        )
        return self.deferring

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
        del name, links
        try:
            around = get_current() if parent_context is None else parent_context
            decided, deferring, head = DECIDED.get(), self.deferring, self._head
            sampled = entry = None
            state = trace_state or None
            # A root in nobody's context, as most are, has no span above it to be looked for.
            if around:
                parent = get_current_span(around).get_span_context()
                if parent.is_valid:
                    above = parent.trace_state
                    # That of a trace that waits is what its spans know each other by, be it empty.
                    if above is not _NO_STATE and (above or type(above) is DeferredState):
                        state = above
                    if decided is None:
                        sampled = parent.trace_flags & _SAMPLED != 0
                        if not parent.is_remote:
                            # Within one process a trace is whole, whatever the rules say meanwhile.
                            if deferring is not None and type(above) is DeferredState:
                                part = above.part
                                if part.waiting or part.kept:
                                    if above.home is not deferring:
                                        above = _begun_elsewhere(deferring, above)
                                    decision = _KEEP if sampled else Decision.RECORD_ONLY
                                    return SamplingResult(decision, attributes, above)
                            if sampled:
                                return SamplingResult(_KEEP, attributes, state)
                            return _dropped(state)
            if state is not None:
                entry = state.get(_ENTRY)
            if decided is not None:
                kept, told, rule = decided
            else:
                seen = None if head.is_plain else (kind_of(kind), attributes or _NONE)
                kept, told, rule = head.decide(trace_id, sampled, entry, seen)
                if self.counted is not None and (kept or deferring is None or head.is_final(rule)):
                    self.counted(rule, kept)
            if told != entry:
                state = self._restated(state, told)
            if deferring is not None and (kept or not head.is_final(rule)):
                return SamplingResult(
                    _KEEP if kept or deferring.propagates else Decision.RECORD_ONLY,
                    attributes,
                    deferring.begin(rule, kept, state),
                )
            return SamplingResult(_KEEP, attributes, state) if kept else _dropped(state)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            return self._fallen_back(error, parent_context, trace_id, attributes)

    def _fallen_back(
        self,
        error: Exception,
        parent_context: Context | None,
        trace_id: int,
        attributes: Attributes,
    ) -> SamplingResult:
        kept, state = False, None
        try:
            self.failed(error)
            parent = get_current_span(parent_context).get_span_context()
            if parent.is_valid:
                kept, state = parent.trace_flags.sampled, parent.trace_state
            else:
                head = self._head
                kept = head.keeps(trace_id, None)
                state = self._restated(None, head.entry if kept else None)
        except Exception:  # noqa: BLE001 - what cannot be decided is not kept
            kept = False
        return SamplingResult(_KEEP, attributes, state) if kept else _dropped(state)

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


def _begun_elsewhere(deferring: Deferring, above: DeferredState) -> DeferredState:
    """Of a part that began before a fork, or under a service that has ended: one that is here.

    No end of what is above will be seen.
    """
    part = above.part
    return deferring.begin(part.rule, part.sampled or part.kept, above)


def _dropped(state: TraceState | None) -> SamplingResult:
    return _DROPPED if state is None else SamplingResult(Decision.DROP, None, state)


def restated(state: TraceState | None, entry: str | None) -> TraceState:
    """A trace state with another `ot` entry, which comes first, or without one.

    The others stay as they are and in their order; where there is no place for one more, the last
    is left out (W3C Trace Context, section 3.5).
    """
    others = [member for member in (state or {}).items() if member[0] != _ENTRY]
    if entry is None:
        return TraceState(others)
    return TraceState([(_ENTRY, entry), *others[: _MOST_MEMBERS - 1]])
