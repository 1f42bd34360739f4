"""Traces that wait for their outcome, where something else happens to them meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import (
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, use_span
from tests.unit.telemetry.conftest import Collected

import ninefold as nf
from ninefold.telemetry._pending import DeferredState
from ninefold.telemetry._tracer_provider import DelegatingTracerProvider

Collect = Callable[..., Collected]
WAITS = nf.Sampling(default=0.0, keep=nf.Keep())
_ERROR = Status(StatusCode.ERROR)


def _provider() -> DelegatingTracerProvider:
    provider = trace.get_tracer_provider()
    assert isinstance(provider, DelegatingTracerProvider)
    return provider


@pytest.mark.parametrize("change", ["add", "update", "delete"])
def test_a_trace_state_that_the_application_changed_is_of_the_same_trace(
    collect: Collect, change: str
) -> None:
    """What is below it waits with the others, and an error there keeps all of them."""
    given = collect(sampling=WAITS)
    tracer = trace.get_tracer("tests")
    with tracer.start_as_current_span("root") as root:
        ids = root.get_span_context()
        state = ids.trace_state.add("vendor", "1")
        if change == "update":
            state = state.update("vendor", "2")
        elif change == "delete":
            state = state.delete("vendor")
        changed = SpanContext(ids.trace_id, ids.span_id, False, ids.trace_flags, state)
        with use_span(NonRecordingSpan(changed)):
            below = tracer.start_span("below")
            below.set_status(_ERROR)
            below.end()
    _provider().force_flush()
    assert [span.name for span in given.spans] == ["below", "root"]
    states = [dict(span.context.trace_state) for span in given.spans if span.context]
    vendor = {"add": {"vendor": "1"}, "update": {"vendor": "2"}, "delete": {}}[change]
    assert states == [{"ot": "th:0", **vendor}, {"ot": "th:0"}]
    assert [type(span.context.trace_state).__name__ for span in given.spans if span.context] == [
        "TraceState"
    ] * 2


class _Stuck(SpanExporter):
    """Does not return from an export before it is let go."""

    def __init__(self) -> None:
        self.entered, self.let_go = threading.Event(), threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        del spans
        self.entered.set()
        self.let_go.wait()
        return SpanExportResult.SUCCESS


def test_traces_are_decided_though_an_exporter_is_stuck(collect: Collect) -> None:
    """Its first span has ended, another never does: that it waits no longer needs no exporter."""
    exporter = _Stuck()
    sampling = nf.Sampling(default=0.0, keep=nf.Keep(), buffer=nf.Buffer(grace=1e-6))
    given = collect(sampling=sampling, span_processors=[SimpleSpanProcessor(exporter)])
    tracer = trace.get_tracer("tests")
    try:
        error = tracer.start_span("error")
        error.set_status(_ERROR)
        error.end()
        exporter.entered.wait()
        with tracer.start_as_current_span("first") as first:
            left = tracer.start_span("left")
        built = given.service.telemetry.pipeline.built
        assert built is not None
        assert built.deferring is not None
        # As some seconds later.
        built.deferring._overdue = 0.0
        tracer.start_span("another").end()
        state = first.get_span_context().trace_state
        assert isinstance(state, DeferredState)
        assert not state.part.waiting
        left.end()
    finally:
        exporter.let_go.set()


def test_spans_of_a_decided_trace_are_not_remembered(collect: Collect) -> None:
    """Such as those of a task that a request leaves behind for as long as the process lives."""
    given = collect(sampling=nf.Sampling(default=0.0, keep=nf.Keep(propagate="always")))
    tracer = trace.get_tracer("tests")
    with tracer.start_as_current_span("root") as root:
        below = trace.set_span_in_context(root)
    for _ in range(10):
        tracer.start_span("later", context=below).end()
    _provider().force_flush()
    state = root.get_span_context().trace_state
    assert isinstance(state, DeferredState)
    assert not state.part.waiting
    assert not getattr(state.part, "unended")  # noqa: B009 - what the driver may not see
    assert not given.spans


def test_an_error_below_keeps_a_trace_that_has_no_trace_state_yet(collect: Collect) -> None:
    """Nothing is told of a trace that waits; its spans know each other all the same."""
    given = collect(sampling=WAITS)
    tracer = trace.get_tracer("tests")
    with tracer.start_as_current_span("root"):
        below = tracer.start_span("below")
        below.set_status(_ERROR)
        below.end()
    _provider().force_flush()
    assert [span.name for span in given.spans] == ["below", "root"]
