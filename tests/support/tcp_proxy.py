"""A TCP proxy between a client and a server, with the faults that a wire has."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from enum import Enum, auto
from types import TracebackType

from tests.support.net import LOOPBACK


class Fault(Enum):
    """What happens to a connection that is made while the fault lasts."""

    NONE = auto()
    REFUSE = auto()
    """Nobody listens on the port."""
    HANG = auto()
    """Accepted, and never read from."""
    RESET = auto()
    """Accepted, and reset at once."""
    DROP = auto()
    """Read, and every byte thrown away: no answer ever comes."""


class TcpProxy:
    """Listens on `port` and passes on to `upstream`, a port of this machine.

    `fault` concerns new connections; `delay` (seconds) holds back each chunk of the established
    ones too, in both directions; `cut()` resets the established ones.
    """

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.delay = 0.0
        self.accepted = 0
        self._fault = Fault.NONE
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._cuts = 0
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self.port = self._listen(0)

    def __enter__(self) -> TcpProxy:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def fault(self) -> Fault:
        """What happens to new connections."""
        return self._fault

    @fault.setter
    def fault(self, fault: Fault) -> None:
        self._fault = fault
        if fault is Fault.REFUSE:
            self._stop_listening()
        elif self._listener is None:
            self._listen(self.port)

    def cut(self) -> None:
        """Reset every established connection, on both sides."""
        with self._lock:
            self._cuts += 1
            sockets, self._sockets = self._sockets, set()
        for connection in sockets:
            _reset(connection)

    def close(self) -> None:
        """Stop listening, reset what is open, and wait for the proxy's threads."""
        self._closed.set()
        self._stop_listening()
        self.cut()
        for thread in self._threads:
            thread.join(10)

    def _listen(self, port: int) -> int:
        listener = socket.create_server((LOOPBACK, port))
        self._listener = listener
        self._start(self._accept, listener)
        bound: int = listener.getsockname()[1]
        return bound

    def _stop_listening(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            # Closing alone leaves an accept under way listening on.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]  # a bound method
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.accepted += 1
            # Read before the fault, which is set before the cut.
            cuts = self._cuts
            match self._fault:
                case Fault.RESET | Fault.REFUSE:
                    _reset(client)
                case Fault.HANG:
                    self._keep(cuts, client)
                case Fault.DROP:
                    if self._keep(cuts, client):
                        self._start(self._swallow, client)
                case Fault.NONE:
                    self._connect(cuts, client)

    def _connect(self, cuts: int, client: socket.socket) -> None:
        try:
            server = socket.create_connection((LOOPBACK, self.upstream), timeout=5)
        except OSError:
            _reset(client)
            return
        server.settimeout(None)
        if self._keep(cuts, client, server):
            self._start(self._pump, client, server)
            self._start(self._pump, server, client)

    def _keep(self, cuts: int, *connections: socket.socket) -> bool:
        """Remember them for the next cut; reset them where it came since there were `cuts`."""
        with self._lock:
            if cuts == self._cuts and not self._closed.is_set():
                self._sockets.update(connections)
                return True
        for connection in connections:
            _reset(connection)
        return False

    def _swallow(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while client.recv(65536):
                pass
        self._drop(client)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                if self.delay and self._closed.wait(self.delay):
                    break
                sink.sendall(chunk)
            # A half-closed connection still carries the answer; one that was cut ends by its reset.
            with self._lock:
                if source in self._sockets:
                    sink.shutdown(socket.SHUT_WR)
            return
        self._drop(source, sink)

    def _drop(self, *connections: socket.socket) -> None:
        with self._lock:
            self._sockets.difference_update(connections)
        for connection in connections:
            _reset(connection)


def _reset(connection: socket.socket) -> None:
    """Close with an RST, so that the other side sees an error rather than an end."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        # Wakes a thread that is blocked in recv; closing alone does not.
        connection.shutdown(socket.SHUT_RD)
    connection.close()
