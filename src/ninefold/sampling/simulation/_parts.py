"""Parts: puts spans together, in whatever order they come, into what each process did."""

from __future__ import annotations

from dataclasses import dataclass, field

from ninefold.sampling.simulation._model import Part, Process, Span

__all__ = ["Parts"]


class _Piece:
    """Spans of one process that hang together so far, below `part.first`."""

    __slots__ = ("into", "part")

    def __init__(self, first: Span) -> None:
        self.part: Part | None = Part(first)
        self.into: _Piece | None = None

    def whole(self) -> _Piece:
        """The piece that this one has become part of."""
        found = self
        while found.into is not None:
            found = found.into
        # Whoever asks next is there at once, however deep the trace.
        at = self
        while at.into is not None:
            at.into, at = found, at.into
        return found


@dataclass(slots=True)
class _Trace:
    spans: dict[int, _Piece] = field(default_factory=dict[int, _Piece])
    """Whose a span is, by its id."""
    waiting: dict[int, list[_Piece]] = field(default_factory=dict[int, list[_Piece]])
    """Pieces by the parent of their first span, which has not come."""


class Parts:
    """Takes spans one by one; of each but the first of a part only the id stays in memory.

    `span_count` spans were taken, from `first` to `last`, in nanoseconds of Unix time. Those that
    came twice, as after a retry, are left out: `duplicates`.
    """

    __slots__ = ("_traces", "duplicates", "first", "last", "span_count")

    def __init__(self) -> None:
        self._traces: dict[int, _Trace] = {}
        self.span_count = self.duplicates = 0
        self.first: int | None = None
        self.last: int | None = None

    @property
    def trace_count(self) -> int:
        """How many traces there are."""
        return len(self._traces)

    def add(self, span: Span) -> None:
        """Take a span."""
        trace = self._traces.get(span.trace_id)
        if trace is None:
            trace = self._traces[span.trace_id] = _Trace()
        known = trace.spans.get(span.span_id)
        if known is not None and _process(known) == span.process:
            self.duplicates += 1
            return
        self.span_count += 1
        self.first = span.start if self.first is None else min(self.first, span.start)
        latest = max(span.start, span.end)
        self.last = latest if self.last is None else max(self.last, latest)
        above = trace.spans.get(span.parent_id) if span.parent_id else None
        if above is not None and _process(above) == span.process:
            piece = above.whole()
            _grow(piece, 1, span.size, failed=span.failed)
        else:
            piece = _Piece(span)
            if span.parent_id and above is None:
                trace.waiting.setdefault(span.parent_id, []).append(piece)
        if known is not None:
            # One id in two processes, as Zipkin has it: who came first is whom others mean.
            trace.spans[-1 - len(trace.spans)] = piece
            return
        trace.spans[span.span_id] = piece
        for below in trace.waiting.pop(span.span_id, ()):
            if _process(below) == span.process and below.whole() is not piece:
                part, below.part, below.into = below.part, None, piece
                assert part is not None
                _grow(piece, part.spans, part.size, failed=part.failed)

    def all(self) -> list[Part]:
        """The parts of all traces. Afterwards there are none here."""
        found: list[Part] = []
        traces, self._traces = self._traces, {}
        for trace in traces.values():
            pieces = {
                id(whole): whole for each in trace.spans.values() for whole in (each.whole(),)
            }
            for piece in pieces.values():
                part = piece.part
                assert part is not None
                above = trace.spans.get(part.first.parent_id)
                if above is not None and above.whole() is not piece:
                    part.parent = above.whole().part
                found.append(part)
        return found


def _process(piece: _Piece) -> Process:
    part = piece.whole().part
    assert part is not None
    return part.first.process


def _grow(piece: _Piece, spans: int, size: int, *, failed: bool) -> None:
    part = piece.part
    assert part is not None
    part.spans += spans
    part.size += size
    part.failed = part.failed or failed
