"""A server on loopback that answers as a script says, and clients that a policy is put around."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, TypeVar

import httpx
import requests

import ninefold as nf
from tests.support.net import LOOPBACK

T = TypeVar("T")

Step = int | tuple[int, dict[str, str]] | Literal["drop", "hang", "stall"]
"""A status, with headers; no answer but the end of the connection; none until `release` is set; the
headers at once and the body then."""


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    headers: Message
    body: bytes
    connection: tuple[str, int]


@dataclass
class Flaky:
    """Request after request comes to the next step, the last one for ever."""

    steps: list[Step]
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self.port}/"

    def took(self, asked: Asked) -> Step:
        """Note a request; what comes of it."""
        with self.lock:
            self.asked.append(asked)
            return self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, flaky: Flaky, *args: Any) -> None:
        self._flaky = flaky
        super().__init__(*args)

    def log_message(self, *args: Any) -> None:
        """Keep still."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self) -> None:
        flaky = self._flaky
        step = flaky.took(Asked(self.command, self.headers, self._body(), self.client_address))
        if step == "drop":
            self.close_connection = True
            return
        if step == "hang":
            flaky.release.wait(10)
            step = 200
        status, headers = (200, {}) if step == "stall" else _status(step)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        # Large enough for a client to have some of it unread.
        body = b"answer " * 4096
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if step == "stall":
            self.wfile.flush()
            flaky.release.wait(10)
        if self.command != "HEAD":
            self.wfile.write(body)


def _status(step: Any) -> tuple[int, dict[str, str]]:
    return (step, {}) if isinstance(step, int) else step


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep still: clients leave before they are answered."""


@contextmanager
def flaky_server(*steps: Step) -> Iterator[Flaky]:
    """A server that lasts as long as the test."""
    flaky = Flaky(list(steps))
    server = _Server((LOOPBACK, 0), partial(_Handler, flaky))
    flaky.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield flaky
    finally:
        flaky.release.set()
        server.shutdown()
        thread.join()
        server.server_close()


def in_time(work: Callable[[], T], within: float = 20.0) -> T:
    """What `work` gives or raises, in a thread of its own; a test that would hang fails."""
    ended: list[tuple[T | None, BaseException | None]] = []
    context = contextvars.copy_context()

    def run() -> None:
        try:
            ended.append((context.run(work), None))
        except BaseException as error:  # noqa: BLE001 - raised below
            ended.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(within)
    if not ended:
        raise AssertionError(f"not done within {within:g} s")
    result, error = ended[0]
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # there is no error, so it is what `work` gave


class Guarded:
    """A client of one connection under a policy, with one face for all three."""

    library: str
    connect_error: type[Exception]
    read_error: type[Exception]
    timed_out: tuple[type[Exception], ...]
    """What a caller sees of an attempt whose time is over."""

    target: Any

    def guard(self, by: Any, **options: Any) -> None:
        """Put a policy around each request."""
        from ninefold.integrations import httpx as ours
        from ninefold.integrations import requests as theirs

        around = theirs.guarded if self.library == "requests" else ours.guarded
        assert around(self.target, by, **options) is self.target

    def call(self, url: str, method: str = "GET", body: Any = None, **options: Any) -> Any:
        """Make a request, and read the response."""
        raise NotImplementedError

    def stream(self, url: str, between: Callable[[], None]) -> bytes:
        """Make a request, and read its body after `between`."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the client."""
        self.target.close()


class GuardedHttpx(Guarded):
    """`httpx.Client`."""

    library = "httpx"
    connect_error = httpx.ConnectError
    read_error = httpx.RemoteProtocolError
    timed_out = (httpx.ReadTimeout,)

    def __init__(self) -> None:
        self.target: Any = httpx.Client(
            limits=httpx.Limits(max_connections=1), timeout=5, trust_env=False
        )

    def call(self, url: str, method: str = "GET", body: Any = None, **options: Any) -> Any:
        """Make a request."""
        return in_time(lambda: self.target.request(method, url, content=body, **options))

    def stream(self, url: str, between: Callable[[], None]) -> bytes:
        """Read by hand."""
        with self.target.stream("GET", url) as response:
            between()
            return bytes(response.read())


class GuardedHttpxAsync(GuardedHttpx):
    """`httpx.AsyncClient`, on an event loop of its own."""

    timed_out = (nf.DeadlineExceededError,)

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.target = httpx.AsyncClient(
            limits=httpx.Limits(max_connections=1), timeout=5, trust_env=False
        )

    def _run(self, work: Any) -> Any:
        async def bounded() -> Any:
            return await asyncio.wait_for(work, 20)

        return self.runner.run(bounded(), context=contextvars.copy_context())

    def call(self, url: str, method: str = "GET", body: Any = None, **options: Any) -> Any:
        """Make a request in the present context."""
        if body is not None and not isinstance(body, bytes):
            body = _each(body)
        return self._run(self.target.request(method, url, content=body, **options))

    def stream(self, url: str, between: Callable[[], None]) -> bytes:
        """Read by hand."""

        async def read() -> bytes:
            async with self.target.stream("GET", url) as response:
                between()
                return bytes(await response.aread())

        return bytes(self._run(read()))

    def close(self) -> None:
        """Close the client and its loop."""
        self.runner.run(self.target.aclose())
        self.runner.close()


async def _each(body: Any) -> Any:
    for chunk in body:
        yield chunk


class GuardedRequests(Guarded):
    """`requests.Session`."""

    library = "requests"
    connect_error = requests.ConnectionError
    read_error = requests.ConnectionError
    timed_out = (requests.ReadTimeout, requests.ConnectionError)

    def __init__(self) -> None:
        self.target: Any = requests.Session()
        self.target.trust_env = False
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=1, pool_block=True)
        self.target.mount("http://", adapter)

    def call(self, url: str, method: str = "GET", body: Any = None, **options: Any) -> Any:
        """Make a request."""
        options = {"timeout": 5, **options}
        return in_time(lambda: self.target.request(method, url, data=body, **options))

    def stream(self, url: str, between: Callable[[], None]) -> bytes:
        """Read by hand."""
        with self.target.get(url, stream=True, timeout=5) as response:
            between()
            return bytes(response.content)


GUARDED = (GuardedHttpx, GuardedHttpxAsync, GuardedRequests)
