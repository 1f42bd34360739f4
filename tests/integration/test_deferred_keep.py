"""Every error is kept, whatever else goes on: deferred keep under load and behind a server."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind
from tests.support.figures import Figure
from tests.support.otlp_sink import OtlpSink
from tests.support.servers import Serve

import ninefold as nf

HEAD = 0.01
ERRORS = 10_000
SIGMAS = 5
_FULL = 1 << 56


class Kept(NamedTuple):
    """A span that was exported."""

    trace_id: int
    span_id: int
    name: str
    server: bool
    sampled: bool
    threshold: int | None

    @property
    def stands_for(self) -> float:
        """Its adjusted count; 0 where nobody knows."""
        return 0.0 if self.threshold is None else _FULL / (_FULL - self.threshold)


class Backend(SpanExporter):
    """Notes what a backend would be sent."""

    def __init__(self) -> None:
        self.spans: list[Kept] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Take them all."""
        self.spans += [self._kept(span) for span in spans]
        return SpanExportResult.SUCCESS

    @staticmethod
    def _kept(span: ReadableSpan) -> Kept:
        context = span.context
        assert context is not None
        entry = context.trace_state.get("ot") or ""
        members = dict(each.split(":", 1) for each in entry.split(";") if each)
        told = members.get("th")
        return Kept(
            context.trace_id,
            context.span_id,
            span.name,
            span.kind is SpanKind.SERVER,
            context.trace_flags.sampled,
            None if told is None else int(told.ljust(14, "0"), 16),
        )


class Shop:
    """An ASGI application without a framework: `/open` goes on until it is told to end."""

    def __init__(self) -> None:
        self.tracer = trace.get_tracer("shop")
        self.spans: Counter[int] = Counter()
        """How many spans each trace began here, of those that are recorded."""
        self.waiting: list[asyncio.Future[int]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer."""
        path = scope["path"]
        trace_id = trace.get_current_span().get_span_context().trace_id
        self.spans[trace_id] += 1
        status = 200
        if path == "/open":
            for number in range(5):
                self.child(trace_id, number)
            ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            self.waiting.append(ended)
            status = await ended
        elif path == "/fail":
            self.child(trace_id, 1)
            status = 500
        elif path == "/work":
            self.child(trace_id, 1)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def child(self, trace_id: int, number: int) -> None:
        """A step of a request."""
        with self.tracer.start_as_current_span("step", attributes={"number": number}):
            self.spans[trace_id] += 1


class Load:
    """A service under deferred keep, with what goes into it and comes out."""

    def __init__(self, service: nf.Service, reader: InMemoryMetricReader) -> None:
        self.service = service
        self.reader = reader
        self.backend = Backend()
        self.shop = Shop()
        self.app = service.instrument(self.shop)
        self.most = 0
        """The most bytes that were ever held."""

    async def ask(self, path: str, *headers: tuple[bytes, bytes]) -> None:
        """One request."""

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            pass

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [*headers],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 80),
        }
        await self.app(scope, receive, send)
        self.look()

    def look(self) -> None:
        """Note how full the buffer is, which nothing public tells."""
        deferring = self.service.telemetry.pipeline.ensure().deferring
        assert deferring is not None
        self.most = max(self.most, deferring._waits.bytes)  # type: ignore[attr-defined]  # of the engine

    def counted(self, metric: str, attribute: str) -> Counter[str]:
        """What a counter says, by one attribute."""
        data = self.reader.get_metrics_data()
        found: Counter[str] = Counter()
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for one in scope.metrics:
                    if one.name == metric:
                        for point in one.data.data_points:
                            found[str((point.attributes or {})[attribute])] += int(point.value)  # type: ignore[union-attr]  # of a counter
        return found


@contextmanager
def loaded(keep: nf.Keep, buffer: nf.Buffer) -> Iterator[Load]:
    """A service that keeps a hundredth at first, and what `keep` says."""
    reader = InMemoryMetricReader()
    service = nf.setup(
        "shop",
        sampling=nf.Sampling(default=HEAD, target_per_s=None, keep=keep, buffer=buffer),
        readers=[reader],
    )
    load = Load(service, reader)
    provider = trace.get_tracer_provider()
    provider.add_span_processor(BatchSpanProcessor(load.backend))  # type: ignore[attr-defined]  # ours
    try:
        yield load
    finally:
        service.shutdown()


def parent(draw: random.Random, kind: str) -> tuple[int, list[tuple[bytes, bytes]]]:
    """The trace id of a caller's, 0 without one, and the headers that tell of it."""
    if kind == "none":
        return 0, []
    trace_id = draw.getrandbits(128) or 1
    flags = "01" if kind == "sampled" else "00"
    return trace_id, [(b"traceparent", f"00-{trace_id:032x}-{7:016x}-{flags}".encode())]


def test_every_error_is_kept_while_the_buffer_is_full_of_successes(
    figure: Figure, every_fault: bool
) -> None:
    """10,000 of them, at a head rate of 1 %, under remote parents of every kind, each once.

    A tenth of them where `nox -s faults` does not run it.

    Long requests whose steps have ended fill the buffer all the while. What it gives up is counted,
    none of it is an error's, its bound holds, and no queue of an exporter overflows.
    """
    draw = random.Random(20_261_127)
    buffer = nf.Buffer(max_mb=2)
    kinds = ("none", "sampled", "unsampled")
    errors = ERRORS if every_fault else ERRORS // 10
    order = ["/fail"] * errors + ["/work"] * (2 * errors) + ["/ok"] * (8 * errors)
    draw.shuffle(order)
    roots = 0

    async def run(load: Load) -> None:
        nonlocal roots
        loop = asyncio.get_running_loop()
        opened: list[asyncio.Task[None]] = []
        for number, path in enumerate(order):
            if number % 20 == 0:
                opened.append(loop.create_task(load.ask("/open")))
                await asyncio.sleep(0)
                if len(load.shop.waiting) > 300:
                    load.shop.waiting.pop(0).set_result(200)
            _, headers = parent(draw, kinds[number % 3])
            await load.ask(path, *headers)
        for each in load.shop.waiting:
            each.set_result(200)
        await asyncio.gather(*opened)
        roots = len(opened) + len(range(0, len(order), 3))

    with loaded(nf.Keep(), buffer) as load:
        asyncio.run(run(load))
        assert load.service.force_flush(60)
        spans = load.backend.spans
        lost = load.counted("ninefold.sampling.buffer.dropped", "ninefold.reason")
        unsent = load.counted("ninefold.telemetry.dropped", "ninefold.reason")
        deferred = load.counted("ninefold.sampling.decisions", "ninefold.sampling.decision")
    ids = [span.span_id for span in spans]
    assert len(set(ids)) == len(ids)
    assert all(span.sampled for span in spans)
    whole = Counter(span.trace_id for span in spans if span.threshold == 0)
    kept = [span for span in spans if span.server and span.threshold == 0]
    assert len(kept) == errors
    assert all(whole[span.trace_id] == 2 for span in kept)
    assert unsent == {}
    assert set(lost) == {"buffer_bytes"}
    assert 0 < load.most <= buffer.max_bytes
    assert load.most > buffer.max_bytes * 0.95
    # Of the third that had no caller: what a sampled caller sends stands for what that one knows.
    at_first = sum(span.stands_for for span in spans if span.server and span.threshold)
    wanted = roots - sum(1 for path in order[::3] if path == "/fail")
    assert abs(at_first - wanted) <= SIGMAS * math.sqrt(wanted * (1 - HEAD) / HEAD)
    figure(
        f"errors kept at a head rate of {HEAD:.0%}, the buffer full of successes",
        f"{errors:,} of {errors:,}",
        f"{len(kept):,}; {lost['buffer_bytes']:,} spans of successes given up and counted;"
        f" at most {load.most / 1e6:.3f} of {buffer.max_mb:g} MB held",
    )
    # A third came with a sampled flag, and a hundredth of the next third was kept at first.
    assert errors * 0.6 < deferred["deferred_kept"] < errors * 0.72


@pytest.mark.parametrize(
    ("buffer", "reason"),
    [
        (nf.Buffer(max_mb=0.5), "buffer_bytes"),
        (nf.Buffer(per_trace=2), "buffer_spans"),
    ],
)
def test_what_is_missing_is_what_was_counted(buffer: nf.Buffer, reason: str) -> None:
    """Where every trace is kept in the end, no span is missing that was not counted as lost."""

    async def run(load: Load) -> None:
        opened = [asyncio.create_task(load.ask("/open")) for _ in range(500)]
        await asyncio.sleep(0)
        load.look()
        for each in load.shop.waiting:
            each.set_result(503)
        await asyncio.gather(*opened)

    with loaded(nf.Keep(), buffer) as load:
        asyncio.run(run(load))
        assert load.service.force_flush(60)
        lost = load.counted("ninefold.sampling.buffer.dropped", "ninefold.reason")
    found = Counter(span.trace_id for span in load.backend.spans)
    assert len(load.shop.spans) == 500
    assert found.keys() <= load.shop.spans.keys()
    assert load.most <= buffer.max_bytes
    assert set(lost) == {reason}
    assert load.shop.spans.total() - found.total() == lost.total()


def test_behind_a_real_server_every_error_reaches_the_collector(
    serve_asgi: Serve, otlp_sink: OtlpSink
) -> None:
    """Over HTTP and OTLP: whole, once, and standing for itself alone; the end exports the rest."""
    server = serve_asgi(
        "tests.integration.apps.deferred_keep:app",
        OTEL_EXPORTER_OTLP_ENDPOINT=otlp_sink.http_endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
        OTEL_TRACES_EXPORTER="otlp",
        NINEFOLD_SAMPLING_DEFAULT="0.01",
    )
    draw = random.Random(7)
    failed: set[str] = set()
    for number in range(400):
        trace_id, headers = parent(draw, ("unsampled", "none", "sampled")[number % 3])
        told = {name.decode(): value.decode() for name, value in headers}
        path = "/fail" if number % 4 == 0 else "/work"
        assert server.request(path, **told).status == (500 if path == "/fail" else 200)
        if path == "/fail" and trace_id:
            failed.add(f"{trace_id:032x}")
    server.process.stop()
    servers = otlp_sink.spans(kind="server")
    errors = [span for span in servers if span.attributes["url.path"] == "/fail"]
    assert len(errors) == 100
    assert failed <= {span.trace_id for span in errors}
    assert {span.trace_state for span in errors} == {"ot=th:0"}
    steps = Counter(span.trace_id for span in otlp_sink.spans(name="step"))
    assert all(steps[span.trace_id] == 1 for span in errors)
