"""The trace of one served request: decided on, put into the context, and ended.

Where the sampler is ours, a dropped trace costs ids and a context attach, never an SDK span, and
its ids are there for logs and for calls onward. Where the tracer provider is the user's, its tracer
is asked as it stands.

Over 300 lines: the quick way and the full way of one decision, kept beside each other.
"""

from __future__ import annotations

import contextvars
import traceback
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from contextvars import Token, copy_context
from typing import TYPE_CHECKING, Any, Protocol

from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.propagate import get_global_textmap
from opentelemetry.trace import (
    INVALID_SPAN,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.util.types import AttributeValue

from ninefold.telemetry._decisions import BY_DEFAULT, BY_PARENT, Decisions
from ninefold.telemetry._dropped_span import DroppedSpan
from ninefold.telemetry._ids import seed_of_process
from ninefold.telemetry._pending import Exemplar, exemplar_of
from ninefold.telemetry._propagation import W3C_FIELDS, Header, Propagation, traceparent
from ninefold.telemetry._sampler import DECIDED, Decided, restated
from ninefold.telemetry._seen import Seen

if TYPE_CHECKING:
    from ninefold.telemetry._decides import Decides
    from ninefold.telemetry._telemetry import Telemetry

_RANDOM = 0x02  # W3C Trace Context, level 2: the low 56 bits of the trace id are random
_DROPPED = TraceFlags(0)
_DROPPED_RANDOM = TraceFlags(_RANDOM)
_FLAGS = tuple(TraceFlags(value) for value in range(256))
# Where a context keeps its span; setting it in an empty context by hand saves a copy.
(_SPAN_KEY,) = set_span_in_context(INVALID_SPAN, Context())
_ERROR = Status(StatusCode.ERROR)
_STACK_FRAMES = 100
_STACK_LIMIT = 16_384
"""How much of a stack trace a span carries: of its innermost frames, so many characters."""


class Described(Seen, Protocol):
    """What a span of a request starts with; asked where there is to be one, or a rule asks."""

    def span_name(self) -> str:
        """The name before the route is known."""
        ...

    def span_attributes(self) -> dict[str, AttributeValue]:
        """The attributes that are known at the start."""
        ...


class ServerTrace:
    """One request's place in a trace, while the request lasts."""

    __slots__ = ("_context", "_token", "exemplar", "span")

    def __init__(self, span: Span | None, exemplar: Exemplar | None, context: Context) -> None:
        self.span = span
        self.exemplar = exemplar
        self._context = context
        self._token: Token[Context] | None = None

    def attach(self) -> None:
        """Enter the trace, in this task or thread, until `detach`."""
        self._token = attach(self._context)

    def detach(self) -> None:
        """Leave the context as it was before the request; in the task that it began in."""
        token, self._token = self._token, None
        if token is not None:
            detach(token)

    def inside(self) -> contextvars.Context:
        """A context of its own in which the trace is the present one: run in it what belongs there.

        Nothing has to be left again, and what runs later or elsewhere can go on in it.
        """
        found = copy_context()
        found.run(attach, self._context)
        return found

    def describe(self, name: str, attributes: dict[str, AttributeValue], *, error: bool) -> None:
        """Say how the request ended."""
        span = self.span
        if span is not None:
            span.update_name(name)
            span.set_attributes(attributes)
            if error:
                span.set_status(_ERROR)

    def failed(self, error: BaseException) -> None:
        """Record the exception: its class and where it came from, not its text.

        The text may hold what a client sent, or a password out of a connection string.
        """
        span = self.span
        if span is not None:
            frames = traceback.format_tb(error.__traceback__, limit=-_STACK_FRAMES)
            stack = "".join(frames)[-_STACK_LIMIT:]
            span.add_event(
                "exception",
                {"exception.type": _class_name(error), "exception.stacktrace": stack},
            )

    def end(self, end_ns: int | None = None) -> None:
        """End the span, at `end_ns` (Unix time) if given; once."""
        span, self.span = self.span, None
        if span is not None:
            span.end(end_ns)


def _with_span(span: Span) -> Context:
    """The present context with this span in it."""
    present = get_current()
    return set_span_in_context(span, present) if present else Context({_SPAN_KEY: span})


def _defers(head: Decides, rule: str) -> bool:
    """Whether a trace that this rule does not keep may be kept for its outcome."""
    return head.defers and not head.is_final(rule)


def _class_name(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


class ServerTracing:
    """Begins the traces of requests, for one service."""

    __slots__ = (
        "__weakref__",
        "_begin",
        "_decides",
        "_decisions",
        "_head",
        "_passes",
        "_propagation",
        "_random",
        "_telemetry",
        "_tracer",
    )

    def __init__(self, telemetry: Telemetry, head: Decides) -> None:
        self._telemetry = telemetry
        self._head = head
        self._decisions = Decisions(telemetry)
        self._propagation = Propagation()
        self._tracer = telemetry.tracer()
        self._random = seed_of_process()
        self._begin: Callable[[Context | None, Described], ServerTrace | None]
        self._passes: bool
        self._decides: bool
        self.restart()
        # A span processor may come later; a fork and the end of the service change it too.
        telemetry.pipeline.when_changed(self.restart)

    @property
    def decisions(self) -> Decisions:
        """What counts the decisions."""
        return self._decisions

    def use(self, head: Decides) -> None:
        """Have `head` decide from now on; a request that has begun is decided by one alone."""
        self._head = head

    def restart(self) -> None:
        """Choose how to begin, as things are now; and draw anew, as a forked child must."""
        self._random = seed_of_process()
        if self._telemetry.owners.traces == "user":
            self._begin, self._passes, self._decides = self._theirs, False, False
        elif self._telemetry.pipeline.traces:
            self._begin, self._passes, self._decides = self._ours, False, True
        else:
            self._begin, self._passes, self._decides = self._passing, True, False

    def begin(self, headers: Iterable[Header], described: Described) -> ServerTrace | None:
        """Decide on the request's trace; None where there is none to be in. Never raises.

        The driver enters it: `ServerTrace.attach` or `ServerTrace.inside`.
        """
        try:
            propagation = self._propagation
            if get_global_textmap() is propagation.w3c or propagation.is_w3c():
                value = None
                for name, content in headers:
                    if name in W3C_FIELDS:
                        if value is not None or name != b"traceparent":
                            break
                        value = content
                else:
                    return self._begin_w3c(value, described)
            return self._begin(self._parent(headers), described)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._telemetry.faults.internal_error("traces", error)
            return None

    def begin_environ(self, environ: Mapping[str, Any], described: Described) -> ServerTrace | None:
        """As `begin`, for a WSGI environ."""
        try:
            propagation = self._propagation
            if (
                (get_global_textmap() is propagation.w3c or propagation.is_w3c())
                and "HTTP_TRACESTATE" not in environ
                and "HTTP_BAGGAGE" not in environ
            ):
                value = environ.get("HTTP_TRACEPARENT")
                return self._begin_w3c(
                    None if value is None else value.encode("latin-1", "replace"), described
                )
            return self._begin(self._parent(propagation.of_environ(environ)), described)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._telemetry.faults.internal_error("traces", error)
            return None

    @contextmanager
    def carrying(self, headers: Callable[[Propagation], Iterable[Header]]) -> Generator[None]:
        """Be in the caller's trace, for a request that has no place of its own in it.

        `headers` gives what the propagator may read. Never raises.
        """
        parent: Context | None = None
        try:
            parent = self._propagation.parent(headers(self._propagation))
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._telemetry.faults.internal_error("traces", error)
        if parent is None:
            yield
            return
        token = attach(parent)
        try:
            yield
        except GeneratorExit:
            # Closed from anywhere: the context to be left is not here.
            raise
        except BaseException:
            detach(token)
            raise
        detach(token)

    def _begin_w3c(self, value: bytes | None, described: Described) -> ServerTrace | None:
        """As nearly every request begins: with `traceparent` alone, or with nothing.

        A trace that is dropped or only passed on never needs more than its ids.
        """
        if value is None:
            if self._passes:
                return None
            present = get_current()
            if present or not self._decides:
                return self._begin(None, described)
            # A root, in nobody's context.
            draw = self._random.getrandbits
            trace_id = draw(128) or 1
            head = self._head
            if head.is_plain:
                kept, told, rule = head.keeps(trace_id, None), head.entry, BY_DEFAULT
            else:
                kept, told, rule = head.decide(trace_id, None, None, described)
            if kept or _defers(head, rule):
                return self._recorded(trace_id, None, described, Decided(kept, told, rule))
            self._decisions.count(rule, False)
            dropped = DroppedSpan(trace_id, _DROPPED_RANDOM, draw)
            return ServerTrace(None, None, Context({_SPAN_KEY: dropped}))
        ids = traceparent(value)
        if ids is None:
            return self._begin(self._parent([(b"traceparent", value)]), described)
        trace_id, span_id, flags = ids
        if self._passes:
            above = SpanContext(trace_id, int(span_id, 16), True, _FLAGS[flags])
            context = _with_span(NonRecordingSpan(above))
            return ServerTrace(None, above if flags & 1 else None, context)
        decision = None
        if self._decides:
            head, sampled = self._head, flags & 1 == 1
            if not sampled and head.obeys:
                kept, told, rule = False, None, BY_PARENT
            else:
                kept, told, rule = head.decide(trace_id, sampled, None, described)
            if not kept and not _defers(head, rule):
                self._decisions.count(rule, False)
                kept_flags = _DROPPED_RANDOM if flags & 2 else _DROPPED
                dropped = DroppedSpan(trace_id, kept_flags, self._random.getrandbits)
                return ServerTrace(None, None, _with_span(dropped))
            decision = Decided(kept, told, rule)
        above = SpanContext(trace_id, int(span_id, 16), True, _FLAGS[flags])
        parent = _with_span(NonRecordingSpan(above))
        if decision is not None:
            return self._recorded(0, parent, described, decision)
        return self._begin(parent, described)

    def _parent(self, headers: Iterable[Header]) -> Context | None:
        try:
            return self._propagation.parent(headers)
        except Exception as error:  # noqa: BLE001 - a third party's propagator
            # What cannot be read is no parent: the request still has a trace of its own.
            self._telemetry.faults.internal_error("traces", error)
            return None

    def _passing(self, parent: Context | None, described: Described) -> ServerTrace | None:
        """No spans are made: the caller's trace goes on to whom we call, and into logs."""
        del described
        if parent is None:
            return None
        above = get_current_span(parent).get_span_context()
        return ServerTrace(None, above if above.trace_flags.sampled else None, parent)

    def _theirs(self, parent: Context | None, described: Described) -> ServerTrace | None:
        span = self._tracer.start_span(
            described.span_name(),
            context=parent,
            kind=SpanKind.SERVER,
            attributes=described.span_attributes(),
        )
        return self._placed(span, parent)

    def _ours(self, parent: Context | None, described: Described) -> ServerTrace | None:
        above = get_current_span(parent).get_span_context()
        draw = self._random.getrandbits
        sampled: bool | None
        if above.is_valid:
            trace_id, state, sampled = above.trace_id, above.trace_state, above.trace_flags.sampled
            random = above.trace_flags & _RANDOM
        else:
            trace_id, state, sampled, random = draw(128) or 1, None, None, _RANDOM
        entry = None if state is None else state.get("ot")
        if sampled is not None and not above.is_remote:
            # Within one process a trace is whole: the sampler has what is below follow.
            return self._theirs(parent, described)
        head = self._head
        kept, told, rule = head.decide(trace_id, sampled, entry, described)
        if not kept and not _defers(head, rule):
            self._decisions.count(rule, False)
            if told != entry:
                state = restated(state, told)
            flags = _DROPPED_RANDOM if random else _DROPPED
            dropped = SpanContext(trace_id, draw(64) or 1, False, flags, state)
            context = (
                _with_span(NonRecordingSpan(dropped))
                if parent is None
                else set_span_in_context(NonRecordingSpan(dropped), parent)
            )
            return ServerTrace(None, None, context)
        decided = Decided(kept, told, rule)
        return self._recorded(trace_id if sampled is None else 0, parent, described, decided)

    def _recorded(
        self, trace_id: int, parent: Context | None, described: Described, decision: Decided
    ) -> ServerTrace:
        """Start the span of a trace that is kept, or waits; at a root with the id decided on."""
        if decision.kept:
            self._decisions.count(decision.rule, True)
        pipeline = self._telemetry.pipeline
        decided = (pipeline.built or pipeline.ensure()).ids.decided
        token = decided.set(trace_id)
        kept = DECIDED.set(decision)
        try:
            span = self._tracer.start_span(
                described.span_name(),
                context=parent,
                kind=SpanKind.SERVER,
                attributes=described.span_attributes(),
            )
        finally:
            DECIDED.reset(kept)
            decided.reset(token)
        return self._placed(span, parent)

    @staticmethod
    def _placed(span: Span, parent: Context | None) -> ServerTrace:
        own = span.get_span_context()
        exemplar = exemplar_of(own)
        recording = span if span.is_recording() else None
        return ServerTrace(recording, exemplar, set_span_in_context(span, parent))
