"""Our decision as an SDK sampler, for the spans that no middleware of ours starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes

from ninefold.telemetry._pending import DeferredState, is_deferred
from ninefold.telemetry._seen import Seen, SpanSeen

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

    from ninefold.telemetry._deferring import Deferring, Waits
    from ninefold.telemetry._faults import Faults

__all__ = [
    "DECIDED",
    "Counted",
    "Decided",
    "Decides",
    "Failed",
    "HeadSampler",
    "restated",
]

_ENTRY: Final = "ot"
_KEPT: Final = 64
_MOST_MEMBERS: Final = 32  # W3C Trace Context, section 3.3.1.1


class Decided(NamedTuple):
    """What was decided on a span that is about to start and be recorded."""

    kept: bool
    entry: str | None
    """The `ot` entry that goes on."""
    rule: str


DECIDED: Final[ContextVar[Decided | None]] = ContextVar("ninefold_decided", default=None)
"""The decision on the span about to start, where there is one."""


class Decides(Protocol):
    """Who decides on traces."""

    @property
    def is_plain(self) -> bool:
        """Whether `keeps` is all there is to ask about a root."""
        ...

    @property
    def obeys(self) -> bool:
        """Whether a caller that drops a trace has decided, so that nobody else need be asked."""
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

    @property
    def defers(self) -> bool:
        """Whether a trace that is not kept at first may be kept for how it ends."""
        ...

    @property
    def propagates(self) -> bool:
        """Whether a trace that waits is told to be sampled to those that are called."""
        ...

    def is_final(self, rule: str, /) -> bool:
        """Whether what the rule drops is dropped however it ends."""
        ...

    @property
    def looks_at_routes(self) -> bool:
        """Whether `by_route` is to be asked."""
        ...

    def by_route(
        self,
        rule: str,
        trace_id: int,
        entry: str | None,
        route: str,
        seen: Seen,
        /,
        *,
        kept: bool,
    ) -> tuple[str, int] | None:
        """The rule by route that a trace reaches as it ends, and its threshold."""
        ...

    def told(self, entry: str | None, threshold: int, /) -> str | None:
        """An `ot` entry with this threshold in the place of its own."""
        ...


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
        self.counted: Counted = _uncounted
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
        from ninefold.telemetry._deferring import Deferring, weight_of  # few services defer

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
            return self._result(parent_context, trace_id, kind, attributes, trace_state)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            return self._fallen_back(error, parent_context, trace_id, attributes)

    def _result(
        self,
        parent_context: Context | None,
        trace_id: int,
        kind: SpanKind | None,
        attributes: Attributes,
        trace_state: TraceState | None,
    ) -> SamplingResult:
        parent = get_current_span(parent_context).get_span_context()
        state = parent.trace_state if parent.is_valid else None
        if not state and type(state) is not DeferredState:
            # One of a trace that waits is what its spans know each other by, be it empty.
            state = trace_state
        entry = told = state.get(_ENTRY) if state else None
        decided = DECIDED.get()
        deferring, head = self.deferring, self._head
        if decided is None and parent.is_valid and not parent.is_remote:
            # Within one process a trace is whole, whatever the rules or the rate say meanwhile.
            kept = parent.trace_flags.sampled
            if deferring is not None and is_deferred(parent):
                return self._below(deferring, parent, attributes)
        else:
            if decided is not None:
                kept, told, rule = decided
            else:
                sampled = parent.trace_flags.sampled if parent.is_valid else None
                seen = SpanSeen(kind, attributes)
                kept, told, rule = head.decide(trace_id, sampled, entry, seen)
                if kept or deferring is None or head.is_final(rule):
                    self.counted(rule, kept)
            if deferring is not None and (kept or not head.is_final(rule)):
                if told != entry:
                    state = self._restated(state, told)
                return SamplingResult(
                    Decision.RECORD_AND_SAMPLE
                    if kept or deferring.propagates
                    else Decision.RECORD_ONLY,
                    attributes,
                    deferring.begin(rule, kept, state),
                )
        return SamplingResult(
            Decision.RECORD_AND_SAMPLE if kept else Decision.DROP,
            attributes if kept else None,
            state if told == entry else self._restated(state, told),
        )

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
        decision = Decision.RECORD_AND_SAMPLE if kept else Decision.DROP
        return SamplingResult(decision, attributes if kept else None, state)

    @staticmethod
    def _below(deferring: Deferring, parent: SpanContext, attributes: Attributes) -> SamplingResult:
        """A span below one whose trace waits here, or is kept."""
        state, kept = parent.trace_state, parent.trace_flags.sampled
        if isinstance(state, DeferredState) and state.home is not deferring:
            # Begun before a fork, or by a service that has ended: no end of it will be seen here.
            part = state.part
            state = deferring.begin(part.rule, part.sampled or part.kept, state)
        decision = Decision.RECORD_AND_SAMPLE if kept else Decision.RECORD_ONLY
        return SamplingResult(decision, attributes, state)

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
