"""Traces that wait while the process forks: nothing hangs, nothing is exported twice."""

from __future__ import annotations

import os

import pytest
from tests.support.child import run

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="by design: this platform does not fork"
)

SETUP = """
import os, signal, sys, threading
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
import ninefold as nf

spans = InMemorySpanExporter()
service = nf.setup(
    "forks",
    sampling=nf.Sampling(default=0.0, keep=nf.Keep()),
    span_processors=[SimpleSpanProcessor(spans)],
)
tracer = trace.get_tracer("app")

def failed(span):
    span.set_status(StatusCode.ERROR)
    span.end()

def told(exporter):
    service.force_flush(20)
    return [(span.name, span.context.trace_state.to_header())
            for span in exporter.get_finished_spans()]

def child(action):
    pid = os.fork()
    if pid == 0:
        signal.alarm(30)
        try:
            action()
            sys.stdout.flush()
            os._exit(0)
        except BaseException as error:
            print("child:", repr(error), flush=True)
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
"""


def test_a_worker_forked_before_the_first_request_keeps_for_outcomes() -> None:
    """As under `gunicorn --preload`: the worker has the exporters and a thread of its own."""
    out = run(
        SETUP
        + """
def request():
    tracer.start_span("quiet").end()
    failed(tracer.start_span("loud"))
    print(told(spans))

child(request)
child(request)
assert told(spans) == []
"""
    )
    assert out.splitlines() == ["[('loud', 'ot=th:0')]"] * 2


def test_a_fork_in_the_middle_of_a_request_hangs_nobody() -> None:
    """Every lock of ours is held by another thread when it happens.

    What began before the fork is the parent's, and exported there alone. What begins below it in
    the child is a part of its own, decided on at its own end.
    """
    out = run(
        SETUP
        + """
root = tracer.start_span("root")
within = trace.set_span_in_context(root)
below = tracer.start_span("below", within)
tracer.start_span("ended", within).end()
deferring = service.telemetry.pipeline.ensure().deferring
inside, leave = threading.Event(), threading.Event()

def hold():
    with deferring._handing, deferring._wake._cond, deferring._waits._lock:
        inside.set()
        leave.wait()

holder = threading.Thread(target=hold)
holder.start()
inside.wait()

def goes_on():
    failed(below)
    failed(root)
    own = InMemorySpanExporter()
    trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(own))
    late = tracer.start_span("late", within)
    tracer.start_span("its child", trace.set_span_in_context(late)).end()
    failed(late)
    tracer.start_span("quiet", within).end()
    failed(tracer.start_span("another"))
    print(told(own))
    deferring = service.telemetry.pipeline.ensure().deferring
    assert (deferring._waits.bytes, deferring._waits.waiting) == (0, 0)

child(goes_on)
leave.set()
holder.join()
below.end()
failed(root)
print(told(spans))
"""
    )
    assert out.splitlines() == [
        "[('its child', 'ot=th:0'), ('late', 'ot=th:0'), ('another', 'ot=th:0')]",
        "[('ended', 'ot=th:0'), ('below', 'ot=th:0'), ('root', 'ot=th:0')]",
    ]


def test_a_fork_while_spans_are_handed_over_hangs_nobody() -> None:
    """An exporter is in the middle of its work: the parent's spans are exported by it, once."""
    out = run(
        SETUP
        + """
from opentelemetry.sdk.trace.export import SpanExportResult

class Slow(InMemorySpanExporter):
    inside, leave = threading.Event(), threading.Event()

    def export(self, spans):
        self.inside.set()
        self.leave.wait(30)
        return super().export(spans)

slow = Slow()
trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(slow))
for number in range(3):
    failed(tracer.start_span(f"root {number}"))
slow.inside.wait(30)

def goes_on():
    own = InMemorySpanExporter()
    trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(own))
    failed(tracer.start_span("child"))
    print(told(own))
    assert service.shutdown()

child(goes_on)
slow.leave.set()
print(told(slow))
"""
    )
    assert out.splitlines() == [
        "[('child', 'ot=th:0')]",
        "[('root 0', 'ot=th:0'), ('root 1', 'ot=th:0'), ('root 2', 'ot=th:0')]",
    ]
