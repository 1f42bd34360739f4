"""What an exemplar may point at: a span that is kept, or one that it is not yet known of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias, final

from opentelemetry.trace import SpanContext, TraceState

from ninefold.telemetry._exemplars import Offer, offer

__all__ = [
    "DeferredState",
    "Exemplar",
    "Part",
    "Pending",
    "Places",
    "exemplar_of",
    "is_deferred",
    "is_known_kept",
]

_MOST_OFFERS = 64
"""How many measurements of one trace may wait to be shown: the series that one request goes into,
several times over."""


class Part(Protocol):
    """This process's part of one trace, as deferral has it."""

    waiting: bool
    kept: bool
    sampled: bool
    rule: str
    offers: list[Callable[[], None]] | None

    @property
    def first(self) -> int:
        """The number of its first span."""
        ...

    def joined(self, span: int, /) -> None:
        """A span of it started."""
        ...


class DeferredState(TraceState):
    """The `tracestate` of a trace whose part here waits, by which its spans know each other.

    All spans of a process's part carry this very object, and so does whatever context is made of
    theirs; one that an application has changed is of the same part. What leaves the process is
    text.
    """

    part: Part
    home: object
    """Where the part waits: of one process, and of one service in it."""

    @classmethod
    def of(cls, state: TraceState | None, part: Part, home: object) -> DeferredState:
        """The same members, of this part."""
        made = cls(list(state.items())) if state else cls()
        made.part, made.home = part, home
        return made

    def add(self, key: str, value: str) -> TraceState:
        """With one more member."""
        return self._again(super().add(key, value))

    def update(self, key: str, value: str) -> TraceState:
        """With another value of a member."""
        return self._again(super().update(key, value))

    def delete(self, key: str) -> TraceState:
        """Without a member."""
        return self._again(super().delete(key))

    def _again(self, made: TraceState) -> TraceState:
        if made is self:
            return self
        again = DeferredState()
        vars(again).update(vars(self) | vars(made))
        return again

    def __copy__(self) -> DeferredState:
        return self

    def __deepcopy__(self, memo: object) -> DeferredState:
        return self

    def __reduce__(self) -> tuple[type[TraceState], tuple[list[tuple[str, str]]]]:
        # In another process there is no such part.
        return TraceState, (list(self.items()),)


class Places(Protocol):
    """A series, as exemplars see it."""

    def place(self, made: Offer, /) -> None:
        """Show what was measured before."""
        ...


@final
class Pending:
    """Stands for a span's context while it is not known whether the span will be there."""

    __slots__ = ("_context", "_part")

    def __init__(self, context: SpanContext, part: Part) -> None:
        self._context = context
        self._part = part

    def hold(self, series: Places, value: float) -> None:
        """Have the series show this measurement where the trace is kept."""
        part = self._part
        made = offer(value, self._context)
        if part.kept:
            series.place(made)
        elif part.waiting:
            offers = part.offers
            if offers is None:
                offers = part.offers = []
            if len(offers) < _MOST_OFFERS:
                offers.append(lambda: series.place(made))


Exemplar: TypeAlias = SpanContext | Pending


def exemplar_of(context: SpanContext) -> Exemplar | None:
    """What an exemplar of a measurement in this span may point at; None where it is not kept."""
    state = context.trace_state
    if type(state) is DeferredState:
        part = state.part
        if part.sampled or part.kept:
            return context
        return Pending(context, part) if part.waiting else None
    return context if context.trace_flags.sampled else None


def is_known_kept(context: SpanContext) -> bool:
    """Whether this span is kept, as far as anybody knows now."""
    state = context.trace_state
    if type(state) is DeferredState:
        return state.part.sampled or state.part.kept
    return context.trace_flags.sampled


def is_deferred(context: SpanContext) -> bool:
    """Whether spans below this one are recorded though it is not sampled."""
    state = context.trace_state
    return type(state) is DeferredState and (state.part.waiting or state.part.kept)
