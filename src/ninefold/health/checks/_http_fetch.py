"""One HTTP request within a time and a size, on a connection of its own."""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPResponse,
    HTTPSConnection,
    IncompleteRead,
    RemoteDisconnected,
)

from ninefold.health.checks._address import HttpAddress
from ninefold.health.checks._connection import connect, secure
from ninefold.health.checks._remaining import Remaining
from ninefold.health.checks._said import said

__all__ = ["Answer", "fetch"]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whatever its status; `cut` says that there was more than might be read."""

    status: int
    body: bytes
    cut: bool


def fetch(
    address: HttpAddress,
    timeout: float,
    *,
    method: str,
    headers: Mapping[str, str],
    most: int,
    tls: ssl.SSLContext | None,
) -> Answer:
    """Ask once. Follows no redirect, goes through no proxy, and reads at most `most` bytes.

    Connecting, TLS and the answer take `timeout` seconds together, however the server spreads its
    bytes.

    Raises `OSError`, `TimeoutError` among them, and `HTTPException` for what is no HTTP.
    """
    remaining = Remaining(timeout)
    with _open(address, remaining, tls) as line:
        connection = _unconnected(address, tls)
        bounded = _Bounded(line, remaining, most)
        connection.sock = bounded
        try:
            connection.request(method, address.target, headers={**headers, "Connection": "close"})
            with connection.getresponse() as response:
                bounded.head_is_read()
                body = _body(response, most, bounded)
        except RemoteDisconnected:
            raise  # its text is ours
        except HTTPException as error:
            # Those of http.client quote what was sent, in full.
            wrong = said(f"{type(error).__name__}: {error}")
        else:
            return Answer(response.status, body, bounded.is_spent)
    raise HTTPException(f"no HTTP answer: {wrong}")


def _unconnected(address: HttpAddress, tls: ssl.SSLContext | None) -> HTTPConnection:
    """Of either kind for the port that is left out of a `Host` header; neither ever connects."""
    if tls is None:
        return HTTPConnection(address.host, address.port)
    return HTTPSConnection(address.host, address.port, context=tls)


def _body(response: HTTPResponse, most: int, bounded: _Bounded) -> bytes:
    try:
        return response.read(most)
    except IncompleteRead as error:
        if bounded.is_spent:  # it was we who stopped, amid a chunk
            return error.partial
        raise


def _open(address: HttpAddress, remaining: Remaining, tls: ssl.SSLContext | None) -> socket.socket:
    line = connect(address.host, address.port, remaining)
    if tls is None:
        return line
    try:
        return secure(line, tls, address.host, remaining)
    except BaseException:
        line.close()
        raise


class _Bounded:
    """What http.client takes for a socket: each wait is within what is left of time and size."""

    def __init__(self, line: socket.socket, remaining: Remaining, most: int) -> None:
        self._line = line
        self._remaining = remaining
        self._most = self._unread = most
        self._in_head = True

    @property
    def is_spent(self) -> bool:
        """Whether as much as may be read was read."""
        return self._unread <= 0

    def head_is_read(self) -> None:
        """From here on more than may be read ends the answer, which it made none so far."""
        self._in_head = False

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        rest = memoryview(data)
        while rest:
            self._line.settimeout(self._remaining.left())
            rest = rest[self._line.send(rest) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        """What the answer is read from; `mode` is always "rb"."""
        del mode
        return io.BufferedReader(_Raw(self))

    def close(self) -> None:
        """Nothing: http.client closes before the body is read, and `fetch` closes the socket."""

    def receive_into(self, buffer: memoryview) -> int:
        """Wait for some bytes; 0 at the end, which is also where no more of a body may be read."""
        if self.is_spent:
            if self._in_head:
                raise HTTPException(f"its head is longer than {self._most} bytes")
            return 0
        self._line.settimeout(self._remaining.left())
        got = self._line.recv_into(buffer, min(len(buffer), self._unread))
        self._unread -= got
        return got


class _Raw(io.RawIOBase):
    """The reading half of a `_Bounded`, as a file."""

    def __init__(self, bounded: _Bounded) -> None:
        self._bounded = bounded

    def readable(self) -> bool:
        """Say that it is."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # BufferedReader gives a memoryview
        """Read once."""
        return self._bounded.receive_into(buffer)
