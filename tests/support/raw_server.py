"""A server of a few given bytes, over TCP or TLS: all at once, dripped, or without an end."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from types import TracebackType

from tests.support.net import LOOPBACK

_DRIP = 0.01


class RawServer:
    """Answers every request with `answer`, byte for byte, and closes.

    - `greets` says that it speaks first, without having read a request.
    - `drips` gives a byte each 10 ms, and begins anew at the end.
    - `endless` repeats the last byte for ever.
    - `holds` keeps the connection open after the answer, and says no more.
    - `requests` are those that were read, up to the empty line.
    """

    def __init__(
        self,
        answer: bytes = b"",
        *,
        greets: bool = False,
        drips: bool = False,
        endless: bool = False,
        holds: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self._greets = greets
        self._drips = drips
        self._endless = endless
        self._holds = holds
        self._tls = tls
        self._closed = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    def __enter__(self) -> RawServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed.set()
        # Closing alone leaves an accept under way listening on.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]  # a bound method
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        # A client that has had enough is no fault of this server's.
        with client, contextlib.suppress(OSError):
            client.settimeout(30)
            line = client if self._tls is None else self._tls.wrap_socket(client, server_side=True)
            with line:
                if not self._greets:
                    self._read(line)
                self._send(line)
                if not self._holds:
                    line.shutdown(socket.SHUT_WR)
                while line.recv(4096):
                    pass

    def _read(self, line: socket.socket) -> None:
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            chunk = line.recv(65536)
            if not chunk:
                return
            request += chunk
        self.requests.append(request)

    def _send(self, line: socket.socket) -> None:
        while self._drips and not self._closed.is_set():
            for at in range(len(self.answer)):
                line.sendall(self.answer[at : at + 1])
                if self._closed.wait(_DRIP):
                    return
        line.sendall(self.answer)
        while self._endless and not self._closed.is_set():
            line.sendall(self.answer[-1:] * 4096)
