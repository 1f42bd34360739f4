"""A forked child begins at zero with locks of its own; what was taken before it works there."""

from __future__ import annotations

import os

import pytest
from tests.support.child import run
from tests.support.otlp_sink import OtlpSink

from ninefold.telemetry._fork import _Watch

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="by design: this platform does not fork"
)

SETUP = """
import os, sys, threading
import ninefold as nf
from ninefold.registry import SLI_EVENTS, HTTP_SERVER_REQUEST_DURATION, EVENT_LOOP_LAG
KEY = ("GET", "http", "/a", 200, None, "1.1")
service = nf.setup("forks", prometheus=True, workers="off")
telemetry = service.telemetry
duration = telemetry.histogram(HTTP_SERVER_REQUEST_DURATION)
events = telemetry.counter(SLI_EVENTS)
lag = telemetry.gauge(EVENT_LOOP_LAG)

def child(action):
    pid = os.fork()
    if pid == 0:
        try:
            action()
            sys.stdout.flush()
            os._exit(0)
        except BaseException as error:
            print("child:", repr(error), flush=True)
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0

def shown():
    text = service.telemetry.pipeline.ensure().prometheus.expose()[0].decode()
    lines = [line for line in text.splitlines() if not line.startswith(("#", "target_info"))]
    return sorted(line for line in lines if "_count{" in line or "events_total" in line)
"""

FREE = (
    SETUP
    + """
held = duration.cell(KEY)
bad = events.reserve(("a", "bad"))
for _ in range(5):
    held.record(0.1)
    bad.add(1)
    events.add(1, ("a", "good"))
lag.set(1.0, ())
before = shown()

def first():
    print("child at first", shown())
    held.record(0.2)
    duration.record(0.3, KEY)
    bad.add(2)
    print("child later", shown())

child(first)
assert shown() == before
print("parent", before)
"""
)


def test_a_child_starts_at_zero_and_the_parent_goes_on() -> None:
    """The child shows reserved series at zero, and nothing else of the parent's.

    Cells held before the fork record in it. The parent notices nothing.
    """
    first, later, parent = run(FREE).splitlines()
    assert "bad" in first
    assert first.count(" 0.0'") == 1
    assert "good" not in first
    assert "_count" not in first
    assert "_count" in later
    assert later.count(" 2.0'") == 2
    assert "good" not in later
    assert parent.count(" 5.0'") == 3


def test_locks_held_by_another_thread_at_the_fork_do_not_hang_the_child() -> None:
    """A thread that is inside a cell, the series and the faults when the process forks."""
    out = run(
        SETUP
        + """
import signal
held = duration.cell(KEY)
held.record(0.1)
inside, leave = threading.Event(), threading.Event()

def hold():
    pipeline = telemetry.pipeline
    with held.lock, duration.series.lock, telemetry.faults._lock, telemetry._lock, pipeline._lock:
        inside.set()
        leave.wait()

thread = threading.Thread(target=hold)
thread.start()
inside.wait()

def records():
    signal.alarm(20)
    held.record(0.2)
    duration.record(0.2, KEY)
    duration.record(0.2, KEY[:2] + ("/new",) + KEY[3:])
    duration.record("x", KEY)
    events.add(1, ("a", "good"))
    print(shown())

child(records)
leave.set()
thread.join()
held.record(0.1)
print(shown())
"""
    )
    child, parent = out.splitlines()
    assert child.count(" 2.0'") == 1
    assert child.count(" 1.0'") == 2
    assert parent.count(" 2.0'") == 1


def test_a_fork_while_the_users_own_provider_makes_an_instrument_does_not_hang_the_child() -> None:
    """Where metrics go to a provider of the user's, the first record of a child is made as well."""
    out = run(
        SETUP.replace(", prometheus=True", "").replace(
            "import ninefold as nf",
            """import ninefold as nf
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
metrics.set_meter_provider(MeterProvider())
""",
        )
        + """
import signal
inside, leave = threading.Event(), threading.Event()

def hold():
    with duration._lock:
        inside.set()
        leave.wait()

thread = threading.Thread(target=hold, daemon=True)
thread.start()
inside.wait()

def records():
    signal.alarm(20)
    duration.record(0.2, KEY)
    print("recorded")

child(records)
leave.set()
thread.join()
"""
    )
    assert out.splitlines() == ["recorded"]


@pytest.mark.parametrize("kind", ["cell", "reserved", "key"])
def test_what_is_recorded_into_a_held_cell_is_exported_from_the_child(kind: str) -> None:
    """A child builds its providers though it only records into a cell held before the fork.

    So does a process whose every series is reserved.
    """
    with OtlpSink() as sink:
        run(
            SETUP.replace(", prometheus=True", "")
            + """
kind = os.environ["KIND"]
if kind == "reserved":
    held = events.reserve(("a", "good"))
else:
    held = events.cell(("a", "good"))
    held.add(100)
    service.force_flush()

def records():
    assert telemetry.pipeline.built is None
    if kind == "key":
        events.add(3, ("a", "good"))
    else:
        held.add(3)
    assert telemetry.pipeline.built is not None
    assert service.force_flush(timeout=20)

child(records)
""",
            env={
                "KIND": kind,
                "OTEL_TRACES_EXPORTER": "none",
                "OTEL_EXPORTER_OTLP_ENDPOINT": sink.http_endpoint,
            },
        )
        values = [point.value for point in sink.points("ninefold.sli.events")]
        assert set(values) == ({3} if kind == "reserved" else {3, 100})


def test_a_delta_reader_of_a_child_sees_none_of_the_parents_records() -> None:
    """What the parent had not exported yet is the parent's to export, and exported once."""
    with OtlpSink() as sink:
        run(
            SETUP.replace(", prometheus=True", "")
            + """
held = events.cell(("a", "good"))
held.add(100)

def records():
    held.add(3)
    assert service.force_flush(timeout=20)

child(records)
assert service.force_flush(timeout=20)
""",
            env={
                "OTEL_TRACES_EXPORTER": "none",
                "OTEL_EXPORTER_OTLP_ENDPOINT": sink.http_endpoint,
                "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta",
            },
        )
        assert sorted(point.value for point in sink.points("ninefold.sli.events")) == [3, 100]


def test_one_thing_that_cannot_begin_again_does_not_stop_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The rest of the child begins again, and the failure is logged."""
    begun = []

    class Thing:
        def __init__(self, fails: bool) -> None:
            self.fails = fails

        def restart(self) -> None:
            if self.fails:
                raise RuntimeError("no")
            begun.append(self)

    things = [Thing(fails) for fails in (False, True, False, True, False)]
    watch = _Watch()
    # Its process hook is left out: it would stay for the life of this process.
    watch._installed = True
    for thing in things:
        watch.add(thing)
    watch._restart()
    assert len(begun) == 3
    assert len([one for one in caplog.records if "Thing could not begin again" in one.message]) == 2


def test_a_child_goes_without_the_readers_and_processors_that_its_parent_used() -> None:
    """They are the parent's: a file, a socket or a thread of theirs is not to be shared.

    The one span that the child sees was there before the fork.
    """
    out = run(
        SETUP.replace(
            'nf.setup("forks", prometheus=True, workers="off")', "nf.setup('forks', **given)"
        ).replace(
            "import ninefold as nf",
            """import ninefold as nf
from opentelemetry import trace
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
reader, spans = InMemoryMetricReader(), InMemorySpanExporter()
given = {"readers": [reader], "span_processors": [SimpleSpanProcessor(spans)]}
""",
        )
        + """
def work(who):
    duration.record(0.1, KEY)
    with trace.get_tracer("app").start_as_current_span("work"):
        pass
    print(who, reader.get_metrics_data() is not None, len(spans.get_finished_spans()), flush=True)

work("parent")
child(lambda: work("child"))
work("parent")
"""
    )
    assert out.splitlines() == ["parent True 1", "child False 1", "parent True 2"]
