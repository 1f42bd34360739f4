"""Deferral as a span processor: spans wait, and those that are kept go to the exporting ones.

Other processors of the provider see every span end as the SDK has it, those that are not sampled
too; the exporting ones stand behind this one, and get copies that are sampled. They are handed over
on a thread of its own, a few at a time, as their queues would let go what is too much.
"""

from __future__ import annotations

import copy
import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import SpanContext, StatusCode, TraceFlags, TraceState

from ninefold.telemetry._fork import restart_after_fork
from ninefold.telemetry._pending import DeferredState, Part
from ninefold.telemetry._sampler import restated
from ninefold.telemetry._seen import SpanSeen

if TYPE_CHECKING:
    from ninefold.telemetry._decides import Decides
    from ninefold.telemetry._faults import Faults
    from ninefold.telemetry._waits import Outcome, Released, Waits

__all__ = ["Deferring", "Losses", "Outcomes"]

_ENTRY: Final = "ot"
_EVERY: Final = 0.5
"""Seconds between looks at what has waited long enough: a fraction of any grace to be set."""
_LATE: Final = 4 * _EVERY
"""Seconds after which nobody has looked: the thread that does is held up by an exporter."""
_AT_ONCE: Final = 256
"""Spans that are handed over before the exporting processors' own queues, of 2,048 by default, are
emptied: they would let go what they have no room for."""


Outcomes = Callable[[str, bool], None]
"""Counts the outcome of a trace that waited: the rule that decided, and whether it is kept."""
Losses = Callable[[str, int], None]
"""Counts spans that were given up, by reason."""


class Deferring(SpanProcessor):
    """Holds ended spans until their part of the trace is decided on; exports what is kept.

    Never raises, and never blocks longer than its lock is held. Its thread ends with `shutdown`.
    """

    def __init__(
        self,
        waits: Waits,
        decides: Callable[[], Decides],
        exporting: Sequence[SpanProcessor],
        faults: Faults,
        outcomes: Outcomes,
        losses: Losses,
        *,
        propagates: bool = False,
    ) -> None:
        self._waits = waits
        self._put = waits.put
        self.propagates = propagates
        """Whether those that are called hear that a trace that waits is sampled."""
        self._decides = decides
        self._exporting = list(exporting)
        self._faults = faults
        self._outcomes = outcomes
        self._losses = losses
        self._ready: deque[Released] = deque()
        self._handing = threading.RLock()
        self._wake = threading.Event()
        self._ended = False
        self._handed = 0
        self._overdue = monotonic() + _LATE
        self._thread = threading.Thread(target=self._run, name="ninefold-deferring", daemon=True)
        self._thread.start()
        restart_after_fork(self)

    def restart(self) -> None:
        """Be of no more use, in a forked child: its spans go to one of its own."""
        self._ended = True
        self._handing = threading.RLock()
        # Its own lock may be held by a thread that is not here.
        self._wake = threading.Event()
        self._ready.clear()
        self._waits.restart()

    def begin(self, rule: str, sampled: bool, state: TraceState | None) -> DeferredState:
        """A part of a trace begins here; its spans carry what this returns."""
        return DeferredState.of(state, self._waits.begin(rule, sampled, monotonic()), self)

    def add(self, exporting: SpanProcessor) -> None:
        """Have what is kept go to this processor too."""
        self._exporting.append(exporting)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """A span started."""
        del parent_context
        context = span.get_span_context()
        state = context.trace_state
        # Of a part that is decided nobody asks what is unended, nor is told of every end.
        if type(state) is DeferredState and state.part.waiting:
            state.part.joined(context.span_id)

    def _on_ending(self, span: Span) -> None:
        # Newer SDKs call it, before a span ends.
        pass

    def on_end(self, span: ReadableSpan) -> None:
        """A span ended."""
        context = span.context
        if context is None or self._ended:
            return
        try:
            state = context.trace_state
            if type(state) is DeferredState:
                part, number, now = state.part, context.span_id, monotonic()
                error = span.status.status_code is StatusCode.ERROR
                if not error and self._put(part, number, span, now):
                    return
                if part.waiting or part.kept:
                    self._end(span, context, part, error, now)
            elif context.trace_flags.sampled:
                # Begun where no decision of ours was asked for.
                self._hand_over(span)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.dropped("traces", "internal_error", 1, self._faults.quoted(error))

    def _end(
        self, span: ReadableSpan, context: SpanContext, part: Part, error: bool, now: float
    ) -> None:
        number = context.span_id
        if now >= self._overdue:
            self._look(now)
        seconds, route = 0.0, None
        if number == part.first and part.waiting:
            seconds = ((span.end_time or 0) - (span.start_time or 0)) / 1e9
            if self._decides().looks_at_routes:
                route = self._by_route(span, context, part)
            if route is None and not error and self._waits.let_go(part, number, seconds):
                part.offers = None
                self._outcomes(part.rule, False)
                return
        outcome = self._waits.ended(
            part, number, span, now, error=error, seconds=seconds, route=route
        )
        if outcome is not None:
            self._take(outcome)

    def _by_route(
        self, span: ReadableSpan, context: SpanContext, part: Part
    ) -> tuple[str, int] | None:
        attributes = span.attributes or {}
        route = attributes.get("http.route")
        if not isinstance(route, str):
            return None
        entry = context.trace_state.get(_ENTRY)
        seen = SpanSeen(span.kind, attributes)
        decides, sampled = self._decides(), part.sampled
        return decides.by_route(part.rule, context.trace_id, entry, route, seen, kept=sampled)

    def _take(self, outcome: Outcome) -> None:
        for reason, spans in outcome.lost or ():
            self._losses(reason, spans)
        for part in outcome.decided or ():
            if not part.sampled:
                self._outcomes(part.rule, part.kept)
            offers, part.offers = part.offers, None
            if offers and part.kept:
                for show in offers:
                    show()
        if outcome.released:
            self._ready.extend(outcome.released)
            if not self._wake.is_set():
                self._wake.set()

    def _look(self, now: float) -> None:
        self._overdue = now + _LATE
        self._take(self._waits.sweep(now))

    def _run(self) -> None:
        while not self._ended:
            self._wake.wait(_EVERY)
            self._wake.clear()
            try:
                self._look(monotonic())
                self._drain()
            except Exception as error:  # noqa: BLE001 - the thread must go on
                self._faults.internal_error("traces", error)

    def _drain(self) -> None:
        """Hand what is ready to the exporting processors, which is slow: never on a span's end."""
        with self._handing:
            while self._ready:
                released = self._ready.popleft()
                for span, weight in released.spans:
                    try:
                        self._hand_over(_kept(span, released.threshold, self._decides()))
                    except Exception as error:  # noqa: BLE001 - one span, counted
                        detail = self._faults.quoted(error)
                        self._faults.dropped("traces", "internal_error", 1, detail)
                    self._waits.gone(weight)
                    self._handed += 1
                    if self._handed >= _AT_ONCE:
                        self._handed = 0
                        self._flush(30_000)

    def _hand_over(self, span: ReadableSpan) -> None:
        for processor in self._exporting:
            processor.on_end(span)

    def _flush(self, timeout_millis: int) -> bool:
        return all([each.force_flush(timeout_millis) for each in self._exporting])

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Export what is decided; what still waits goes on waiting."""
        self._look(monotonic())
        self._drain()
        return self._flush(timeout_millis)

    def shutdown(self) -> None:
        """Decide on everything as it stands, export what is kept, and end."""
        self._ended = True
        self._wake.set()
        self._take(self._waits.close(monotonic()))
        self._drain()
        for processor in self._exporting:
            processor.shutdown()


def _kept(span: ReadableSpan, threshold: int | None, decides: Decides) -> ReadableSpan:
    """The span as it is exported: sampled, with the threshold that it was kept at."""
    context = span.context
    if context is None or (threshold is None and context.trace_flags.sampled):
        return span
    state = context.trace_state
    if threshold is not None:
        state = restated(state, decides.told(state.get(_ENTRY), threshold))
    made = copy.copy(span)
    flags = TraceFlags(context.trace_flags | TraceFlags.SAMPLED)
    made._context = SpanContext(context.trace_id, context.span_id, context.is_remote, flags, state)
    return made
