"""Traces that wait for how they end: which spans are exported, as what, and who else sees them."""

from __future__ import annotations

import asyncio
import copy
import pickle
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import httpx
import pytest
from fastapi import BackgroundTasks, FastAPI
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, StatusCode, TraceState
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from tests.support.hostile import asgi_client
from tests.support.outgoing import upstream_server
from tests.support.waiting import eventually

import ninefold as nf
from ninefold.telemetry._weight import weight_of

Collect = Callable[..., Any]
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
KEPT, DROPPED = f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00"
NEVER_AT_FIRST = nf.Sampling(default=0.0, keep=nf.Keep())
ALWAYS_AT_FIRST = nf.Sampling(default=1.0, target_per_s=None, keep=nf.Keep())


def failed(span: trace.Span) -> None:
    """Have a span be an error."""
    span.set_status(StatusCode.ERROR)


def exported(seen: Any) -> list[str]:
    """The names of what was exported, once what is decided is."""
    assert seen.service.force_flush(20)
    return [span.name for span in seen.spans]


def outcomes(seen: Any) -> dict[tuple[str, str], int]:
    """What was decided, by rule."""
    return {
        (dict(key)["ninefold.sampling.rule"], dict(key)["ninefold.sampling.decision"]): value
        for key, value in seen.points("ninefold.sampling.decisions").items()
    }


def lost(seen: Any) -> dict[str, int]:
    """What the buffer gave up, by reason."""
    return {
        dict(key)["ninefold.reason"]: value
        for key, value in seen.points("ninefold.sampling.buffer.dropped").items()
    }


def remote(header: str) -> Context:
    """The context of a call from elsewhere."""
    return TraceContextTextMapPropagator().extract({"traceparent": header})


@pytest.mark.parametrize("parent", [None, KEPT, DROPPED])
@pytest.mark.parametrize("fails", [True, False])
def test_a_trace_with_an_error_is_exported_whole(
    collect: Collect, parent: str | None, fails: bool
) -> None:
    """Sampled, and standing for itself alone, whatever the caller decided; its children too."""
    seen = collect(sampling=NEVER_AT_FIRST)
    tracer = trace.get_tracer("app")
    with (
        tracer.start_as_current_span("root", None if parent is None else remote(parent)) as root,
        tracer.start_as_current_span("child") as child,
    ):
        for span in (root, child):
            assert span.is_recording()
            assert span.get_span_context().trace_flags.sampled == (parent == KEPT)
        tracer.start_span("leaf").end()
        if fails:
            failed(child)
    if not fails:
        assert exported(seen) == (["leaf", "child", "root"] if parent == KEPT else [])
        return
    assert exported(seen) == ["leaf", "child", "root"]
    for span in seen.spans:
        assert span.context.trace_flags.sampled
        assert span.context.trace_state.to_header() == "ot=th:0"
    assert len({span.context.trace_id for span in seen.spans}) == 1
    assert seen.spans[1].parent.span_id == seen.spans[2].context.span_id
    rule = ("parent", "kept") if parent == KEPT else ("error", "deferred_kept")
    assert outcomes(seen) == {rule: 1}


def test_other_vendors_members_stay_in_what_is_kept(collect: Collect) -> None:
    """Ours comes first and has the threshold of the outcome and the caller's randomness."""
    seen = collect(sampling=NEVER_AT_FIRST)
    headers = {"traceparent": DROPPED, "tracestate": "a=1,ot=rv:0123456789abcd,b=2"}
    parent = TraceContextTextMapPropagator().extract(headers)
    failed(span := trace.get_tracer("app").start_span("root", parent))
    span.end()
    assert exported(seen) == ["root"]
    state = seen.spans[0].context.trace_state.to_header()
    assert state.split(",")[0] in ("ot=th:0;rv:0123456789abcd", "ot=rv:0123456789abcd;th:0")
    assert state.split(",")[1:] == ["a=1", "b=2"]


class Watching(SpanProcessor):
    """A processor of the user's."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.ended: list[tuple[str, bool]] = []

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Note it."""
        self.started.append(span.name)

    def on_end(self, span: ReadableSpan) -> None:
        """Note it, and whether it is sampled."""
        assert span.context is not None
        self.ended.append((span.name, span.context.trace_flags.sampled))


def test_other_processors_see_every_end_and_exporting_ones_what_is_kept(collect: Collect) -> None:
    """Given to setup() or added later, before the first span or after."""
    given, added, late = Watching(), Watching(), Watching()
    simple, batch, last = (InMemorySpanExporter() for _ in range(3))
    seen = collect(
        sampling=NEVER_AT_FIRST,
        span_processors=[given, SimpleSpanProcessor(simple), BatchSpanProcessor(batch)],
    )
    provider: Any = trace.get_tracer_provider()
    provider.add_span_processor(added)
    tracer = trace.get_tracer("app")
    tracer.start_span("quiet").end()
    provider.add_span_processor(late)
    provider.add_span_processor(BatchSpanProcessor(last))
    failed(span := tracer.start_span("loud"))
    span.end()
    assert seen.service.force_flush(20)
    for watching in (given, added):
        assert watching.started == ["quiet", "loud"]
        assert watching.ended == [("quiet", False), ("loud", False)]
    assert late.ended == [("loud", False)]
    for exporter in (simple, batch, last):
        [kept] = exporter.get_finished_spans()
        assert kept.name == "loud"
        assert kept.context is not None
        assert kept.context.trace_flags.sampled


def test_a_span_below_a_wrapped_context_belongs_to_the_trace(collect: Collect) -> None:
    """As threads and queues of a process hand it over: its error keeps the whole."""
    seen = collect(sampling=NEVER_AT_FIRST)
    tracer = trace.get_tracer("app")
    root = tracer.start_span("root")
    wrapped = trace.set_span_in_context(NonRecordingSpan(root.get_span_context()), Context())
    failed(child := tracer.start_span("child", wrapped))
    child.end()
    root.end()
    assert exported(seen) == ["child", "root"]


def test_two_parts_of_one_trace_in_one_process_are_decided_each(collect: Collect) -> None:
    """A service that calls itself over the network has two: an error in one keeps that one."""
    seen = collect(sampling=NEVER_AT_FIRST)
    tracer = trace.get_tracer("app")
    one, other = (tracer.start_span(name, remote(DROPPED)) for name in ("one", "other"))
    failed(one)
    one.end()
    other.end()
    assert exported(seen) == ["one"]


def test_links_and_copies_of_a_waiting_span_s_context(collect: Collect) -> None:
    """A copy in this process is of the trace; in another one it is what would have been sent."""
    seen = collect(sampling=NEVER_AT_FIRST)
    tracer = trace.get_tracer("app")
    root = tracer.start_span("root")
    context = root.get_span_context()
    for copied in (copy.copy(context), copy.deepcopy(context)):
        within = trace.set_span_in_context(NonRecordingSpan(copied), Context())
        tracer.start_span("below", within).end()
    sent: SpanContext = pickle.loads(pickle.dumps(context))
    assert sent == context
    assert type(sent.trace_state) is TraceState
    linked = tracer.start_span("linked", Context(), links=[Link(context, {"why": "batch"})])
    failed(linked)
    linked.end()
    failed(root)
    root.end()
    assert exported(seen) == ["linked", "below", "below", "root"]
    assert seen.spans[0].links[0].context.span_id == context.span_id


def test_limits_of_the_sdk_hold_in_what_is_kept(
    collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attributes and events beyond them are counted as left out, in the copy too."""
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "2")
    monkeypatch.setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", "1")
    seen = collect(sampling=NEVER_AT_FIRST)
    span = trace.get_tracer("app").start_span("root", attributes={"a": 1, "b": 2, "c": 3})
    span.add_event("one")
    span.add_event("two")
    failed(span)
    span.end()
    assert exported(seen) == ["root"]
    [kept] = seen.spans
    assert len(kept.attributes) == 2
    assert kept.dropped_attributes == 1
    assert [event.name for event in kept.events] == ["two"]


def test_children_of_gathered_tasks_and_of_threads_belong_to_the_trace(collect: Collect) -> None:
    """The error of one of them keeps all."""
    seen = collect(sampling=NEVER_AT_FIRST)
    tracer = trace.get_tracer("app")

    async def step(number: int) -> None:
        with tracer.start_as_current_span(f"task {number}") as span:
            await asyncio.sleep(0)
            if number == 2:
                failed(span)

    async def request() -> None:
        with tracer.start_as_current_span("root"):
            await asyncio.gather(*map(step, range(4)))
            run = copy_context().run
            with ThreadPoolExecutor(2) as pool:
                pool.submit(run, lambda: tracer.start_span("thread").end()).result(20)

    asyncio.run(request())
    wanted = ["root", "task 0", "task 1", "task 2", "task 3", "thread"]
    assert sorted(exported(seen)) == wanted


@pytest.mark.parametrize(("fails", "wanted"), [(True, ["root", "late"]), (False, [])])
def test_a_span_that_starts_when_all_have_ended_follows_the_decision(
    collect: Collect, fails: bool, wanted: list[str]
) -> None:
    """In a thread that outlives its request, say: even its own error comes too late."""
    seen = collect(sampling=NEVER_AT_FIRST)
    tracer = trace.get_tracer("app")
    with tracer.start_as_current_span("root") as root:
        within = copy_context()
        if fails:
            failed(root)
    failed(late := within.run(tracer.start_span, "late"))
    late.end()
    assert exported(seen) == wanted
    assert {span.context.trace_state.to_header() for span in seen.spans} <= {"ot=th:0"}
    assert all(span.context.trace_flags.sampled for span in seen.spans)


@pytest.mark.parametrize(("sampled", "wanted"), [(True, ["root", "late"]), (False, [])])
def test_a_child_that_ends_after_the_grace_follows_the_decision(
    collect: Collect, sampled: bool, wanted: list[str]
) -> None:
    """The trace was decided on without it."""
    sampling = nf.Sampling(default=float(sampled), keep=nf.Keep(), buffer=nf.Buffer(grace=0.01))
    seen = collect(sampling=sampling)
    tracer = trace.get_tracer("app")
    root = tracer.start_span("root")
    late = tracer.start_span("late", trace.set_span_in_context(root))
    root.end()
    decided = {("default", "kept" if sampled else "deferred_dropped"): 1}
    eventually(lambda: outcomes(seen) == decided)
    if sampled:
        eventually(lambda: exported(seen) == ["root"])
    late.end()
    assert exported(seen) == wanted
    assert lost(seen) == {}


@pytest.mark.parametrize(("path", "wanted"), [("/ok", []), ("/fail", ["after", "GET /fail"])])
def test_what_runs_in_the_background_belongs_to_the_request(
    collect: Collect, path: str, wanted: list[str]
) -> None:
    """It is kept as the request is."""
    seen = collect(sampling=NEVER_AT_FIRST)
    tracer = trace.get_tracer("app")
    app = FastAPI()

    def after() -> None:
        tracer.start_span("after").end()

    def ok(tasks: BackgroundTasks) -> None:
        tasks.add_task(after)

    app.get("/ok")(ok)
    app.get("/fail", status_code=503)(ok)
    ask = asgi_client(seen.service.instrument(app))
    assert ask(path).status == (200 if path == "/ok" else 503)
    assert sorted(exported(seen)) == sorted(wanted)


def test_what_still_waits_is_not_flushed(collect: Collect) -> None:
    """A flush exports what is decided; an error that comes after it still keeps the whole."""
    seen = collect(sampling=NEVER_AT_FIRST)
    tracer = trace.get_tracer("app")
    with tracer.start_as_current_span("root") as root:
        tracer.start_span("child").end()
        assert exported(seen) == []
        failed(root)
    assert exported(seen) == ["child", "root"]


def test_the_end_decides_on_all_as_it_stands(collect: Collect) -> None:
    """What was sampled at first is exported as far as it has ended, the rest is let go."""
    seen = collect(sampling=ALWAYS_AT_FIRST)
    tracer = trace.get_tracer("app")
    with tracer.start_as_current_span("root"):
        tracer.start_span("child").end()
        tracer.start_span("other", remote(DROPPED)).end()
        below = trace.set_span_in_context(tracer.start_span("unsampled", remote(DROPPED)))
        tracer.start_span("let go", below).end()
        assert seen.service.shutdown()
    assert [span.name for span in seen.spans] == ["child"]


class Stuck(SpanExporter):
    """An exporter that hangs until it is let go, then takes all."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.inside = threading.Event()
        self.taken = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hang."""
        self.inside.set()
        self.free.wait(60)
        self.taken += len(spans)
        return SpanExportResult.SUCCESS


@pytest.mark.parametrize("kind", [SimpleSpanProcessor, BatchSpanProcessor])
def test_an_exporter_that_hangs_holds_nobody_up(collect: Collect, kind: Any) -> None:
    """What waits for it stays within the bound; what has no room is counted, and the rest goes."""
    stuck = Stuck()
    sampling = nf.Sampling(default=0.0, keep=nf.Keep(), buffer=nf.Buffer(max_mb=0.5))
    seen = collect(sampling=sampling, span_processors=[kind(stuck)])
    tracer = trace.get_tracer("app")
    try:
        for _ in range(2000):
            failed(span := tracer.start_span("root"))
            span.end()
        deferring = seen.service.telemetry.pipeline.ensure().deferring
        assert deferring._waits.bytes <= 500_000
        assert not seen.service.force_flush(0.01)
    finally:
        stuck.free.set()
    assert seen.service.force_flush(20)
    gone = lost(seen)
    assert set(gone) == {"buffer_bytes"}
    assert stuck.taken + gone["buffer_bytes"] == 2000
    assert seen.dropped() == {}
    assert deferring._waits.bytes == 0


def test_what_an_exporter_refuses_is_counted(collect: Collect) -> None:
    """One by one, as without deferral."""

    class Refusing(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            raise OSError("no route to host")

    seen = collect(sampling=NEVER_AT_FIRST, span_processors=[SimpleSpanProcessor(Refusing())])
    tracer = trace.get_tracer("app")
    for _ in range(3):
        failed(span := tracer.start_span("root"))
        span.end()
    seen.service.force_flush(20)
    assert seen.dropped() == {("traces", "export_failed"): 3}


def test_what_a_rule_drops_is_dropped_however_it_ends(collect: Collect) -> None:
    """Nothing is recorded there."""
    rules = [nf.Rule(path="/probe", drop=True), nf.Rule(path="/rare", rate=0.0)]
    seen = collect(sampling=nf.Sampling(default=0.0, rules=rules, keep=nf.Keep()))
    tracer = trace.get_tracer("app")
    for path in ("/probe", "/rare"):
        with tracer.start_as_current_span(path, attributes={"url.path": path}) as span:
            assert span.is_recording() == (path == "/rare")
            failed(span)
    assert exported(seen) == ["/rare"]
    assert outcomes(seen) == {("path=/probe", "dropped"): 1, ("error", "deferred_kept"): 1}


def test_a_rule_by_route_keeps_what_the_path_did_not(collect: Collect) -> None:
    """By the template, with its own threshold."""
    rules = [nf.Rule(route="/users/{name}", rate=1.0)]
    seen = collect(sampling=nf.Sampling(default=0.0, rules=rules, keep=nf.Keep()))
    app = FastAPI()
    app.get("/users/{name}")(lambda name: name)
    app.get("/ok")(lambda: "ok")
    ask = asgi_client(seen.service.instrument(app))
    assert [ask("/users/ada").status, ask("/ok").status] == [200, 200]
    assert exported(seen) == ["GET /users/{name}"]
    assert seen.spans[0].context.trace_state.to_header() == "ot=th:0"
    assert outcomes(seen)["route=/users/{name}", "deferred_kept"] == 1


def test_nothing_is_recorded_while_the_sdk_is_disabled(
    collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`OTEL_SDK_DISABLED` means keep too."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    seen = collect(sampling=NEVER_AT_FIRST)
    with trace.get_tracer("app").start_as_current_span("root") as root:
        assert not root.is_recording()
    assert seen.service.telemetry.pipeline.built is None


@pytest.mark.parametrize(("propagate_", "flag"), [("decision", 0), ("always", 1)])
def test_a_client_tells_of_the_trace_as_was_said(
    collect: Collect, propagate_: Any, flag: int
) -> None:
    """Over real HTTP: the flag, and no threshold; the client's span is kept with the trace."""
    seen = collect(sampling=nf.Sampling(default=0.0, keep=nf.Keep(propagate=propagate_)))
    with (
        upstream_server() as upstream,
        seen.service.instrument(httpx.Client(trust_env=False)) as client,
        trace.get_tracer("app").start_as_current_span("root") as root,
    ):
        client.get(upstream.url("/status/200"))
        failed(root)
    [header] = upstream.traceparents()
    assert header is not None
    assert int(header[-2:], 16) & 1 == flag
    assert upstream.asked[0][1]["tracestate"] is None
    assert exported(seen) == ["GET", "root"]
    assert f"{seen.spans[0].context.span_id:016x}" in header


def sent_by(collect: Collect, keep: nf.Keep, default: float) -> dict[str, str]:
    """The headers of a call that a waiting request makes."""
    seen = collect(sampling=nf.Sampling(default=default, keep=keep))
    carrier: dict[str, str] = {}
    with trace.get_tracer("app").start_as_current_span("call"):
        propagate.inject(carrier)
    assert bool(exported(seen)) == (default == 1.0)
    seen.service.shutdown()
    return carrier


FOLLOWS = nf.Sampling(default=0.0)
DECIDES = nf.Sampling(default=0.0, keep=nf.Keep())
ALWAYS = nf.Sampling(default=0.0, keep=nf.Keep(propagate="always"))


@pytest.mark.parametrize(
    ("caller", "called", "fails", "kept"),
    [
        ("decision", FOLLOWS, False, None),
        ("decision", FOLLOWS, True, None),
        ("decision", DECIDES, False, None),
        ("decision", DECIDES, True, "ot=th:0"),
        ("decision", ALWAYS, True, "ot=th:0"),
        ("always", FOLLOWS, False, ""),
        ("always", FOLLOWS, True, ""),
        ("always", DECIDES, False, ""),
        ("always", DECIDES, True, "ot=th:0"),
        ("always", ALWAYS, False, None),
        ("always", ALWAYS, True, "ot=th:0"),
    ],
)
def test_what_a_called_service_keeps_of_a_trace_that_waits(
    collect: Collect, caller: Any, called: nf.Sampling, fails: bool, kept: str | None
) -> None:
    """As docs/explanation/deferred-keep.md has it: a table of who calls and who is called."""
    headers = sent_by(collect, nf.Keep(propagate=caller), 0.0)
    assert headers["traceparent"].endswith("-01" if caller == "always" else "-00") or headers[
        "traceparent"
    ].endswith("-03" if caller == "always" else "-02")
    assert "tracestate" not in headers
    seen = collect(sampling=called)
    parent = TraceContextTextMapPropagator().extract(headers)
    with trace.get_tracer("app").start_as_current_span("called", parent) as span:
        if fails:
            failed(span)
    assert exported(seen) == ([] if kept is None else ["called"])
    assert [span.context.trace_state.to_header() for span in seen.spans] == (
        [] if kept is None else [kept]
    )


@pytest.mark.parametrize("propagate_", ["decision", "always"])
def test_what_is_kept_at_first_is_told_with_its_threshold(
    collect: Collect, propagate_: Any
) -> None:
    """Whoever is called follows it, whatever they say of propagating."""
    headers = sent_by(collect, nf.Keep(propagate=propagate_), 1.0)
    assert headers["tracestate"] == "ot=th:0"
    seen = collect(sampling=ALWAYS)
    parent = TraceContextTextMapPropagator().extract(headers)
    trace.get_tracer("app").start_span("called", parent).end()
    assert exported(seen) == ["called"]


def test_a_span_that_outlives_its_service_is_no_trouble(collect: Collect) -> None:
    """What begins below it under the next service is a part of its own."""
    first = collect(sampling=NEVER_AT_FIRST)
    tracer = trace.get_tracer("app")
    with tracer.start_as_current_span("root") as root:
        first.service.shutdown()
        second = collect(sampling=NEVER_AT_FIRST)
        failed(child := tracer.start_span("child"))
        child.end()
        tracer.start_span("quiet").end()
        failed(root)
    assert exported(second) == ["child"]
    assert first.spans == ()


@pytest.mark.parametrize("text", ["x", "é", "€", "\N{ROCKET}"])
def test_what_a_span_weighs_is_no_less_than_its_texts_take(collect: Collect, text: str) -> None:
    """Of whatever alphabet, wherever they are."""
    long = text * 10_000
    tracer = trace.get_tracer("app")
    watching = Weighing()
    collect(sampling=ALWAYS_AT_FIRST, span_processors=[watching])
    plain = tracer.start_span("")
    plain.end()
    places: list[Callable[[], trace.Span]] = [
        lambda: tracer.start_span(long),
        lambda: tracer.start_span("a", attributes={"a": long}),
        lambda: tracer.start_span("a", attributes={"a": [long]}),
        lambda: tracer.start_span("a", links=[Link(plain.get_span_context(), {"a": long})]),
    ]
    for place in places:
        place().end()
    span = tracer.start_span("event")
    span.add_event("a", {"a": long})
    span.end()
    span = tracer.start_span("status")
    span.set_status(StatusCode.ERROR, long)
    span.end()
    least = sys.getsizeof(long) - sys.getsizeof("")
    bare, *others = watching.weights
    assert len(others) == 6
    assert all(weight - bare >= least for weight in others)


class Weighing(SpanProcessor):
    """Weighs what ends."""

    def __init__(self) -> None:
        self.weights: list[int] = []

    def on_end(self, span: ReadableSpan) -> None:
        """Weigh it."""
        self.weights.append(weight_of(span))
