"""The admin port's HTTP: one request per connection, each on a thread, all of it bounded."""

from __future__ import annotations

import errno
import os
import re
import socket
import sys
import threading
from contextlib import suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from queue import Empty, SimpleQueue
from socketserver import TCPServer, ThreadingMixIn
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final

from ninefold.service._admin_endpoints import PLAIN, Reply

if TYPE_CHECKING:
    from ninefold.config import Address
    from ninefold.service._admin_endpoints import Endpoints
    from ninefold.telemetry import Faults

PATIENCE: Final = 5.0
"""Seconds in which a request has to be there, however slowly it comes, and its answer taken."""

LONGEST: Final = 16 * 1024
"""Bytes of request line and headers."""

MOST: Final = 256
"""Connections at once, each with its thread: as many probes as may come in one moment, and more."""

WAITING: Final = 1024
"""Connections that the system keeps until they are accepted."""

IDLE: Final = 30.0
"""Seconds that a thread waits for another connection: probes come every ten, and find it there."""

# What nearly all clients send; all else is read by the standard library, at several times the cost.
_REQUEST: Final = re.compile(rb"(GET|HEAD|POST) (/(?!/)[\x21-\x7e]*) (HTTP/1\.[01])")
_HEADER: Final = re.compile(rb"([A-Za-z0-9-]{1,64}):[ \t]*([\x20-\x7e]*)")

_EXHAUSTED: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_BUSY: Final = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Listener(ThreadingMixIn, TCPServer):
    """A listening socket and its connections. Raises `OSError` where it cannot listen.

    `http.server.HTTPServer` is not used: it asks DNS for its own name, and since Python 3.14 shares
    its port with whoever asks.
    """

    daemon_threads = True
    block_on_close = False
    # On Windows that would let another program have the same port at the same time.
    allow_reuse_address = os.name != "nt"
    allow_reuse_port = False
    request_queue_size = WAITING
    timeout = 1.0  # of `handle_request`, where closing the socket does not wake it

    def __init__(self, address: Address, endpoints: Endpoints, faults: Faults) -> None:
        self.endpoints = endpoints
        self.faults = faults
        self._open: set[socket.socket] = set()
        self._waiting: SimpleQueue[tuple[Any, Any]] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0
        self.address_family, target = _resolved(address)
        super().__init__(target, Connection, bind_and_activate=False)

    def listen(self) -> None:
        """Take the address and listen. Apart from `__init__`, so that a fork finds the socket."""
        if sys.platform == "win32":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        if self.address_family == socket.AF_INET6 and self.server_address[0] == "::":
            with suppress(OSError):
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.server_bind()
        self.server_activate()

    def wake(self) -> None:
        """Stop listening, so that `handle_request` returns; at once on Linux."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def forget(self) -> None:
        """Close what a forked child has of its parent's, who keeps it open: never `shutdown`."""
        for each in (self.socket, *self._open):
            each.close()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept; without descriptors or memory for it, not again at once."""
        try:
            return super().get_request()
        except OSError as error:
            if error.errno in _EXHAUSTED:
                sleep(0.1)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a thread of its own, unless there are too many."""
        if len(self._open) >= MOST:
            request.setblocking(False)
            request.sendall(_BUSY)
            with suppress(OSError):
                # What is left unread would reset the connection, and the answer with it.
                request.recv(LONGEST)
            self.shutdown_request(request)
            return
        self._open.add(request)
        with self._lock:
            # One that waits takes it; else a new one begins with it.
            taken = self._idle > 0
            if taken:
                self._idle -= 1
        if taken:
            self._waiting.put((request, client_address))
        else:
            threading.Thread(
                target=self._serve,
                args=(request, client_address),
                name="ninefold-admin",
                daemon=True,
            ).start()

    def _serve(self, request: Any, client_address: Any) -> None:
        """Answer one connection after the other, on one thread."""
        while True:
            self.process_request_thread(request, client_address)
            with self._lock:
                self._idle += 1
            try:
                request, client_address = self._waiting.get(timeout=IDLE)
            except Empty:
                with self._lock:
                    if self._idle > 0:
                        self._idle -= 1
                        return
                # Somebody has counted on this one meanwhile: the connection is on its way.
                request, client_address = self._waiting.get()

    def close_request(self, request: Any) -> None:
        """Close a connection, and let go of it."""
        self._open.discard(request)
        super().close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves or dawdles is no fault; what else fails is counted."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            self.faults.internal_error("metrics", error)


class Connection(BaseHTTPRequestHandler):
    """One connection and its one request; made, and done, on a thread of its own."""

    protocol_version = "HTTP/1.1"
    server: Listener  # pyright: ignore[reportIncompatibleVariableOverride]  # always made by it

    def setup(self) -> None:
        """Begin: what is sent is sent at once, when all of it is there."""
        self.wfile = self._sent = BytesIO()

    def handle(self) -> None:
        """Read the request as a whole, and answer it."""
        head = self._head()
        if head is None:
            return
        self.raw_requestline, _, headers = head.partition(b"\n")
        self.rfile = BytesIO(headers)
        if len(head) > LONGEST:
            self.requestline, self.request_version, self.command = "", "HTTP/1.1", ""
            self.send_error(431)
        elif self._is_plain(head) or self.parse_request():
            self._answer(self._reply())

    def finish(self) -> None:
        """Send the answer, and let the client have it: unread bytes would reset the connection."""
        sock: socket.socket = self.request
        sock.settimeout(PATIENCE)
        sock.sendall(self._sent.getbuffer())
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(1.0)
        sock.recv(LONGEST)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a request; nothing of it is repeated."""
        self._answer(Reply(code, PLAIN, b"this is no request that is answered here\n"))

    def version_string(self) -> str:
        """What stands in `Server`."""
        return "ninefold"

    def log_message(self, format: str, *args: object) -> None:
        """Scrapes are not logged."""

    def _is_plain(self, head: bytes) -> bool:
        """Read a request as nearly all are; False, and nothing read, where there is more to it."""
        first, *lines = head.partition(b"\r\n\r\n")[0].split(b"\r\n")
        request = _REQUEST.fullmatch(first)
        if request is None:
            return False
        headers = Message()
        for line in lines:
            header = _HEADER.fullmatch(line)
            if header is None or header[1].lower() == b"expect":
                return False
            headers[header[1].decode("ascii")] = header[2].decode("ascii").rstrip(" \t")
        self.command, self.path, self.request_version = (
            each.decode("ascii") for each in request.groups()
        )
        self.requestline = first.decode("ascii")
        self.headers = headers
        self.close_connection = True
        return True

    def _head(self) -> bytes | None:
        """The request line and the headers, or as much as there may be of them; None without."""
        until = monotonic() + PATIENCE
        sock: socket.socket = self.request
        head = bytearray()
        while b"\r\n\r\n" not in head and len(head) <= LONGEST:
            sock.settimeout(max(0.001, until - monotonic()))
            part = sock.recv(4096)
            if not part:
                return None
            head += part
        return bytes(head)

    def _reply(self) -> Reply:
        try:
            client = str(self.client_address[0])
            return self.server.endpoints.answer(self.command, self.path, self.headers, client)
        except Exception as error:  # noqa: BLE001 - counted, and answered
            self.server.faults.internal_error("metrics", error)
            return Reply(500, PLAIN, b"this cannot be answered now; see the log\n")

    def _answer(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Connection", "close")
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)


def _resolved(address: Address) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """The family and the socket's address; all interfaces are those of IPv6 too where it is."""
    if not address.host:
        if socket.has_dualstack_ipv6():
            return socket.AF_INET6, ("::", address.port)
        return socket.AF_INET, ("0.0.0.0", address.port)
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    return found[0][0], (str(found[0][4][0]), address.port)
