"""Receives the services' spans by OTLP, where no Collector of the user's own is to have them."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ninefold.demo._address import LOOPBACK
from ninefold.registry import ATTR_SERVICE_NAME

_MOST_TRACES: Final = 500
_CLIENT: Final = 3  # opentelemetry.proto.trace.v1.Span.SPAN_KIND_CLIENT


@dataclass(frozen=True, slots=True)
class Span:
    """One step of a trace; times are Unix nanoseconds, `parent` is empty at the root."""

    service: str
    name: str
    is_call: bool
    id: bytes
    parent: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Step:
    """A span as it is told: how deep beneath the root, when after its start, and how long."""

    depth: int
    span: Span
    after: float
    seconds: float


class SpanReceiver:
    """An OTLP/HTTP receiver of traces on loopback; a context in which it listens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._traces: OrderedDict[bytes, list[Span]] = OrderedDict()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                receiver.take(body)
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Keep still: the screen is for the services."""

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self.endpoint = f"http://{LOOPBACK}:{self._server.server_port}/v1/traces"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, name="spans", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, body: bytes) -> None:
        """Keep the spans of one export request; of the oldest traces none."""
        request = ExportTraceServiceRequest.FromString(body)
        with self._lock:
            for trace_id, span in _spans(request):
                self._traces.setdefault(trace_id, []).append(span)
            while len(self._traces) > _MOST_TRACES:
                self._traces.popitem(last=False)

    def journey(self) -> tuple[str, tuple[Step, ...]] | None:
        """The latest trace that went through two services and has all its spans, from its root."""
        with self._lock:
            traces = [(key, list(spans)) for key, spans in reversed(self._traces.items())]
        for trace_id, spans in traces:
            if len({span.service for span in spans}) > 1 and _is_whole(spans):
                return trace_id.hex(), tuple(_steps(spans))
        return None


def _spans(request: Any) -> Iterable[tuple[bytes, Span]]:
    for of_resource in request.resource_spans:
        attributes = of_resource.resource.attributes
        names = [each.value.string_value for each in attributes if each.key == ATTR_SERVICE_NAME]
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                yield (
                    span.trace_id,
                    Span(
                        names[0] if names else "",
                        span.name,
                        span.kind == _CLIENT,
                        span.span_id,
                        span.parent_span_id,
                        span.start_time_unix_nano,
                        span.end_time_unix_nano,
                    ),
                )


def _is_whole(spans: Sequence[Span]) -> bool:
    known = {span.id for span in spans}
    roots = [span for span in spans if not span.parent]
    # Below each call there is who answered it.
    called = {span.parent for span in spans}
    return (
        len(roots) == 1
        and all(span.parent in known for span in spans if span.parent)
        and all(span.id in called for span in spans if span.is_call)
    )


def _steps(spans: Sequence[Span]) -> Iterable[Step]:
    root = next(span for span in spans if not span.parent)

    def below(span: Span, depth: int) -> Iterable[Step]:
        yield Step(depth, span, (span.start - root.start) / 1e9, (span.end - span.start) / 1e9)
        for child in sorted(spans, key=lambda each: each.start):
            if child.parent == span.id:
                yield from below(child, depth + 1)

    return below(root, 0)
