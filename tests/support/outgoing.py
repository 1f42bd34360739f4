"""Outgoing HTTP: a loopback server that keeps what it was asked, and clients with one face."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any, Protocol

import httpx
import requests
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, Metric
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ninefold.service import Service, setup
from tests.support.net import LOOPBACK

DURATION = "http.client.request.duration"


@dataclass
class Upstream:
    """A server on loopback. `/status/N` answers N, `/redirect` leads to `/status/200`.

    `/digest` wants digest authorization, `/hang` answers when `release` is set, `/stream` sends
    its body then.
    """

    port: int = 0
    asked: list[tuple[str, Message]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/status/200") -> str:
        """The URL of a path."""
        return f"http://{LOOPBACK}:{self.port}{path}"

    def traceparents(self) -> list[str | None]:
        """What came as `traceparent`, request by request."""
        return [headers["traceparent"] for _, headers in self.asked]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, upstream: Upstream, *args: Any) -> None:
        self._upstream = upstream
        super().__init__(*args)

    def log_message(self, *args: Any) -> None:
        """Keep still."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        upstream = self._upstream
        length = int(self.headers.get("content-length") or 0)
        if length:
            self.rfile.read(length)
        upstream.asked.append((self.path, self.headers))
        upstream.arrived.set()
        path = self.path.partition("?")[0]
        status, headers, body = 200, {}, b"ok"
        if path.startswith("/status/"):
            status = int(path.rpartition("/")[2])
        elif path == "/redirect":
            status, headers = 302, {"location": "/status/200"}
        elif path == "/digest" and "authorization" not in self.headers:
            status = 401
            headers = {"www-authenticate": 'Digest realm="shop", nonce="1", qop="auth"'}
        elif path == "/hang":
            upstream.release.wait(10)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if path == "/stream":
            upstream.release.wait(10)
        if self.command != "HEAD":
            self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep still: clients leave before they are answered."""


@contextmanager
def upstream_server() -> Iterator[Upstream]:
    """A server that lasts as long as the test."""
    upstream = Upstream()
    server = _Server((LOOPBACK, 0), partial(_Handler, upstream))
    upstream.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield upstream
    finally:
        upstream.release.set()
        server.shutdown()
        thread.join()
        server.server_close()


class Collected:
    """A service, and what its readers and span processors were given."""

    def __init__(self, *span_processors: Any, **settings: Any) -> None:
        self._reader = InMemoryMetricReader()
        self._spans = InMemorySpanExporter()
        processors = [SimpleSpanProcessor(self._spans), *span_processors]
        self.service: Service = setup(
            "shop", readers=[self._reader], span_processors=processors, **settings
        )

    def spans(self) -> list[ReadableSpan]:
        """The spans that ended, in that order."""
        return list(self._spans.get_finished_spans())

    def points(self, name: str = DURATION, maker: str = "") -> list[tuple[dict[str, Any], Any]]:
        """The points of a metric, whoever made it, or of those that `maker` made alone."""
        data = self._reader.get_metrics_data()
        metrics: list[Metric] = [
            metric
            for resource in (data.resource_metrics if data is not None else [])
            for scope in resource.scope_metrics
            if scope.scope.name.startswith(maker)
            for metric in scope.metrics
        ]
        return [
            (dict(point.attributes or {}), point)
            for metric in metrics
            if metric.name == name
            for point in metric.data.data_points
        ]

    def resends(self) -> list[object]:
        """The resend count of each span, in the order in which they ended."""
        return [(span.attributes or {}).get("http.request.resend_count") for span in self.spans()]

    def only(self) -> tuple[dict[str, Any], Any]:
        """The one point of `http.client.request.duration`, with one measurement."""
        ((attributes, point),) = self.points()
        assert point.count == 1
        return attributes, point

    def dropped(self) -> dict[tuple[str, str], int]:
        """What ninefold counted as its own faults."""
        return {
            (attributes["ninefold.signal"], attributes["ninefold.reason"]): point.value
            for attributes, point in self.points("ninefold.telemetry.dropped")
            if point.value
        }


class Client(Protocol):
    """One of the clients under test."""

    module: ModuleType
    target: Any
    refused: str
    """`error.type` when nobody listens."""
    timed_out: str
    """`error.type` when no answer comes in time."""

    def call(self, url: str, method: str = "GET", **options: Any) -> int:
        """Make a request; `timeout` in seconds, `auth` as the client wants it. Gives the status."""

    def raising(self, error: BaseException) -> None:
        """Have every call end in this exception, raised where the wire would be."""

    def digest(self, user: str, password: str) -> Any:
        """The client's digest authorization."""

    def close(self) -> None:
        """Close the client."""


class HttpxClient:
    """`httpx.Client`."""

    module: ModuleType = httpx
    refused = "httpx.ConnectError"
    timed_out = "httpx.ReadTimeout"

    def __init__(self) -> None:
        self.target: Any = httpx.Client(follow_redirects=True, trust_env=False)

    def call(self, url: str, method: str = "GET", **options: Any) -> int:
        """Make a request."""
        status: int = self.target.request(method, url, **options).status_code
        return status

    def raising(self, error: BaseException) -> None:
        """Raise from the transport."""

        def answer(request: httpx.Request) -> httpx.Response:
            raise error

        self.target._transport = httpx.MockTransport(answer)

    def digest(self, user: str, password: str) -> Any:
        """Httpx's own."""
        return httpx.DigestAuth(user, password)

    def close(self) -> None:
        """Close the client."""
        self.target.close()


class HttpxAsyncClient(HttpxClient):
    """`httpx.AsyncClient`, on an event loop of its own."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.target = httpx.AsyncClient(follow_redirects=True, trust_env=False)

    def call(self, url: str, method: str = "GET", **options: Any) -> int:
        """Make a request in the present context."""
        request = self.target.request(method, url, **options)
        status: int = self.runner.run(request, context=contextvars.copy_context()).status_code
        return status

    def close(self) -> None:
        """Close the client and its loop."""
        self.runner.run(self.target.aclose())
        self.runner.close()


class _Raising(requests.adapters.BaseAdapter):
    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._error = error

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        raise self._error

    def close(self) -> None:
        """Nothing to close."""


class RequestsClient:
    """`requests.Session`."""

    module: ModuleType = requests
    refused = "requests.exceptions.ConnectionError"
    timed_out = "requests.exceptions.ReadTimeout"

    def __init__(self) -> None:
        self.target: Any = requests.Session()
        self.target.trust_env = False

    def call(self, url: str, method: str = "GET", **options: Any) -> int:
        """Make a request."""
        status: int = self.target.request(method, url, **options).status_code
        return status

    def raising(self, error: BaseException) -> None:
        """Raise from the adapter."""
        self.target.mount("http://", _Raising(error))

    def digest(self, user: str, password: str) -> Any:
        """Requests' own."""
        return requests.auth.HTTPDigestAuth(user, password)

    def close(self) -> None:
        """Close the session."""
        self.target.close()


CLIENTS = (HttpxClient, HttpxAsyncClient, RequestsClient)
