"""Loopback: a free port, a look whether somebody listens, and a plain HTTP client."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A TCP port of 127.0.0.1 on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    """Whether a connection to the port is accepted."""
    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def unanswered_port() -> Iterator[int]:
    """A port whose backlog is full: Linux drops every SYN to it, and no answer ever comes."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((LOOPBACK, 0), backlog=0))
        port: int = listener.getsockname()[1]
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((LOOPBACK, port))
        try:
            socket.create_connection((LOOPBACK, port), timeout=0.5).close()
        except TimeoutError:
            yield port
        else:
            raise AssertionError("the backlog is not full: a connection came about")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, whatever its status."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


def http(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = 10.0,
) -> Answer:
    """Ask once, on a connection of its own, and return when the server has closed it.

    By then the server is done with the request, which it may not be when the answer is complete.
    Redirects and error statuses are answers like any other; no answer is an `OSError`.
    """
    address = urlsplit(url)
    target = f"{address.path or '/'}?{address.query}" if address.query else address.path or "/"
    connection = HTTPConnection(address.hostname or LOOPBACK, address.port, timeout=timeout)
    with contextlib.closing(connection):
        try:
            connection.connect()
            # The response closes the connection's own descriptor when it has read the body.
            with connection.sock.dup() as line:
                sent = {"Connection": "close", **(headers or {})}
                connection.request(method, target, body=body, headers=sent)
                with connection.getresponse() as response:
                    answer = Answer(response.status, response.headers, response.read())
                line.settimeout(timeout)
                with contextlib.suppress(ConnectionResetError):
                    while line.recv(4096):
                        pass
        except HTTPException as error:
            raise OSError(f"no answer from {url}: {error!r}") from error
    return answer
