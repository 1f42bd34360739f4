"""An OTLP receiver to assert on: gRPC and HTTP/protobuf, keeping all that arrives, with faults."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, TypeVar, cast

import grpc
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.support.net import LOOPBACK
from tests.support.otlp_records import LogRecord, Point, Span, logs_of, points_of, spans_of
from tests.support.tls import ServerTls
from tests.support.waiting import PATIENCE, eventually

T = TypeVar("T")

_GARBAGE = b"\xff\xfe\xfdthis is no protobuf"

# Signal -> (gRPC service, request, response); the HTTP path is /v1/<signal>.
_SIGNALS: Mapping[str, tuple[str, type[Message], type[Message]]] = {
    "traces": (
        "opentelemetry.proto.collector.trace.v1.TraceService",
        ExportTraceServiceRequest,
        ExportTraceServiceResponse,
    ),
    "metrics": (
        "opentelemetry.proto.collector.metrics.v1.MetricsService",
        ExportMetricsServiceRequest,
        ExportMetricsServiceResponse,
    ),
    "logs": (
        "opentelemetry.proto.collector.logs.v1.LogsService",
        ExportLogsServiceRequest,
        ExportLogsServiceResponse,
    ),
}


class Failure(Enum):
    """How the sink answers while it fails; what comes in meanwhile is counted, not kept."""

    NONE = auto()
    REFUSE = auto()
    """The connection is reset without an answer; UNAVAILABLE over gRPC."""
    HANG = auto()
    """No answer until the failure is over."""
    THROTTLE = auto()
    """429 with Retry-After: 1; RESOURCE_EXHAUSTED with RetryInfo of one second over gRPC."""
    UNAVAILABLE = auto()
    """503; UNAVAILABLE over gRPC."""
    GARBAGE = auto()
    """200 with a body that is no protobuf."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request that was accepted."""

    signal: str
    protocol: str
    headers: Mapping[str, str]
    request: Message


class OtlpSink:
    """Listens on two free ports: `grpc_port` and `http_port`, with TLS where `tls` says so.

    >>> with OtlpSink() as sink:  # doctest: +SKIP
    ...     export_to(sink.http_endpoint)
    ...     sink.wait_for(lambda: sink.spans(name="GET /"))
    """

    def __init__(self, tls: ServerTls | None = None) -> None:
        self._scheme = "http" if tls is None else "https"
        self._lock = threading.Lock()
        self._received: list[Received] = []
        self._failed = 0
        self._failure = Failure.NONE
        self._over = threading.Event()
        self._over.set()
        # More than any test keeps hanging at once, so that a hang starves nobody else.
        self._grpc = grpc.server(ThreadPoolExecutor(16, thread_name_prefix="otlp-sink"))
        self._grpc.add_generic_rpc_handlers(tuple(map(self._service, _SIGNALS)))
        self.grpc_port: int = (
            self._grpc.add_insecure_port(f"{LOOPBACK}:0")
            if tls is None
            else self._grpc.add_secure_port(f"{LOOPBACK}:0", tls.credentials())
        )
        self._http = _HttpServer((LOOPBACK, 0), _Handler)
        self._http.sink = self
        if tls is not None:
            # The handshake is the handler's: one that fails must not hold up the listener.
            self._http.socket = tls.context().wrap_socket(
                self._http.socket, server_side=True, do_handshake_on_connect=False
            )
        self.http_port: int = self._http.server_address[1]
        self._serving = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def __enter__(self) -> OtlpSink:
        self._grpc.start()
        self._serving.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._http.shutdown()
        self._http.server_close()
        self._serving.join(10)
        self._grpc.stop(grace=0).wait(10)

    @property
    def grpc_endpoint(self) -> str:
        """For `OTEL_EXPORTER_OTLP_ENDPOINT` with the protocol `grpc`."""
        return f"{self._scheme}://{LOOPBACK}:{self.grpc_port}"

    @property
    def http_endpoint(self) -> str:
        """For `OTEL_EXPORTER_OTLP_ENDPOINT` with the protocol `http/protobuf`."""
        return f"{self._scheme}://{LOOPBACK}:{self.http_port}"

    def endpoint(self, protocol: str) -> str:
        """The endpoint for `grpc` or for `http/protobuf`."""
        return {"grpc": self.grpc_endpoint, "http/protobuf": self.http_endpoint}[protocol]

    @property
    def received(self) -> tuple[Received, ...]:
        """Every accepted request, in order of arrival."""
        with self._lock:
            return tuple(self._received)

    @property
    def failed(self) -> int:
        """How many requests met a failure."""
        with self._lock:
            return self._failed

    @contextmanager
    def failing(self, failure: Failure) -> Iterator[None]:
        """Answer with `failure` inside the block; whoever hangs is let go at its end."""
        self._over.clear()
        self._failure = failure
        try:
            yield
        finally:
            self._failure = Failure.NONE
            self._over.set()

    def clear(self) -> None:
        """Forget what was received."""
        with self._lock:
            self._received.clear()

    def wait_for(self, look: Callable[[], T], *, within: float = PATIENCE) -> T:
        """The first true result of `look`; on failure the error tells what did arrive."""
        try:
            return eventually(look, within=within)
        except AssertionError as error:
            signals = [f"{one.signal} by {one.protocol}" for one in self.received]
            error.add_note(f"received: {signals}, failed: {self.failed}")
            raise

    def spans(self, **fields: object) -> list[Span]:
        """The spans whose named fields have these values, in order of arrival."""
        found = (span for one in self._of("traces") for span in spans_of(cast(Any, one)))
        return [span for span in found if _has(span, fields)]

    def points(self, metric: str, **fields: object) -> list[Point]:
        """The points of `metric` whose named fields have these values, in order of arrival."""
        found = (point for one in self._of("metrics") for point in points_of(cast(Any, one)))
        return [point for point in found if point.metric == metric and _has(point, fields)]

    def latest(self, metric: str) -> list[Point]:
        """The newest point of each cumulative series of `metric`, also over several processes."""
        newest: dict[object, Point] = {}
        for point in self.points(metric):
            assert point.temporality != "delta", f"{metric} is delta: add up its points instead"
            if point.series not in newest or point.time >= newest[point.series].time:
                newest[point.series] = point
        return list(newest.values())

    def logs(self, **fields: object) -> list[LogRecord]:
        """The log records whose named fields have these values, in order of arrival."""
        found = (record for one in self._of("logs") for record in logs_of(cast(Any, one)))
        return [record for record in found if _has(record, fields)]

    def _of(self, signal: str) -> list[Message]:
        return [one.request for one in self.received if one.signal == signal]

    def accept(self, received: Received) -> None:
        """Keep one decoded request."""
        with self._lock:
            self._received.append(received)

    def meet_failure(self) -> Failure:
        """The failure that concerns the request at hand; a hang is over when this returns."""
        failure = self._failure
        if failure is not Failure.NONE:
            with self._lock:
                self._failed += 1
        if failure is Failure.HANG:
            self._over.wait(60)
        return failure

    def _service(self, signal: str) -> grpc.GenericRpcHandler:
        service, request_type, response_type = _SIGNALS[signal]

        def export(request: Message, context: grpc.ServicerContext) -> bytes:
            match self.meet_failure():
                case Failure.REFUSE | Failure.UNAVAILABLE | Failure.HANG:
                    context.abort(grpc.StatusCode.UNAVAILABLE, "failing on purpose")
                case Failure.THROTTLE:
                    context.set_trailing_metadata((("grpc-status-details-bin", _retry_info()),))
                    context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "throttled on purpose")
                case Failure.GARBAGE:
                    return _GARBAGE
                case Failure.NONE:
                    pass
            headers = {item.key: str(item.value) for item in context.invocation_metadata()}
            self.accept(Received(signal, "grpc", headers, request))
            return response_type().SerializeToString()

        method = grpc.unary_unary_rpc_method_handler(
            export, request_deserializer=request_type.FromString, response_serializer=bytes
        )
        return grpc.method_handlers_generic_handler(service, {"Export": method})


class _HttpServer(ThreadingHTTPServer):
    sink: OtlpSink

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection: kept-alive ones are closed with the server."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ended."""
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""

    def server_close(self) -> None:
        """Close the listener and every connection still open."""
        super().server_close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _HttpServer  # pyright: ignore[reportIncompatibleVariableOverride]  # always made by it

    _statuses: ClassVar[Mapping[Failure, int]] = {
        Failure.HANG: 503,
        Failure.THROTTLE: 429,
        Failure.UNAVAILABLE: 503,
    }

    def do_POST(self) -> None:
        """Accept one export, or fail as the sink is told to."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        signal = self.path.removeprefix("/v1/")
        if signal not in _SIGNALS:
            return self._answer(404, b"no such signal", "text/plain")
        failure = self.server.sink.meet_failure()
        if failure is Failure.REFUSE:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return None
        if failure is Failure.GARBAGE:
            return self._answer(200, _GARBAGE)
        if failure is not Failure.NONE:
            return self._answer(self._statuses[failure], b"")
        _, request_type, response_type = _SIGNALS[signal]
        try:
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            elif self.headers.get("Content-Encoding") == "deflate":
                body = zlib.decompress(body)
            request = request_type.FromString(body)
        except (DecodeError, OSError, EOFError, zlib.error) as error:
            return self._answer(400, str(error).encode(), "text/plain")
        headers = {key.lower(): value for key, value in self.headers.items()}
        self.server.sink.accept(Received(signal, "http/protobuf", headers, request))
        return self._answer(200, response_type().SerializeToString())

    def _answer(self, status: int, body: bytes, kind: str = "application/x-protobuf") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 429:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The requests are kept; a log of them would say nothing more."""


def _retry_info() -> bytes:
    """`google.rpc.Status` with a RetryInfo of one second, as the OTLP specification asks for."""
    from google.rpc.error_details_pb2 import RetryInfo
    from google.rpc.status_pb2 import Status

    info = RetryInfo()
    info.retry_delay.seconds = 1
    status = Status(code=grpc.StatusCode.RESOURCE_EXHAUSTED.value[0], message="throttled")
    status.details.add().Pack(info)
    return status.SerializeToString()


def _has(record: object, fields: Mapping[str, object]) -> bool:
    return all(getattr(record, name) == value for name, value in fields.items())
