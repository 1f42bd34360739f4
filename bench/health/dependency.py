"""A dependency: an HTTP server on loopback that fails as it is told, and counts its calls."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import Final

from bench.health.rows import Fault

LATE: Final = 1.5
"""Seconds that it takes while it is slow."""

_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class Dependency:
    """Listens until it is closed; `delay` holds back each answer.

    A server that hung is started anew when that fault ends, so that its kernel resets what it never
    answered. Of one that was lost nothing is ever heard: its host is gone, another has its address.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.delay = 0.0
        self._fault = Fault.NONE
        self._failed_last = False
        self._hanging: set[asyncio.StreamWriter] = set()
        # Bound and never listening: the port stays ours while it refuses calls.
        self._place = socket.socket()
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind(("127.0.0.1", 0))
        self.port: int = self._place.getsockname()[1]
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to answer."""
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, backlog=512, reuse_address=True
        )

    @property
    def fault(self) -> Fault:
        """What happens to new calls."""
        return self._fault

    async def fail(self, fault: Fault) -> None:
        """From now on do this with new calls."""
        before, self._fault = self._fault, fault
        self._failed_last = False
        if before is not Fault.LOSE:
            self._let_go()
        if fault is Fault.REFUSE:
            self._stop_listening()
        elif before is Fault.REFUSE:
            await self.start()

    def close(self) -> None:
        """End for good."""
        self._let_go()
        self._stop_listening()
        self._place.close()

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _let_go(self) -> None:
        for writer in self._hanging:
            _reset(writer)
        self._hanging.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        fault = self._fault
        if fault is Fault.FAIL_NEXT:
            self._fault = Fault.NONE
        if fault is Fault.ALTERNATE:
            self._failed_last = not self._failed_last
        if fault in {Fault.RESET, Fault.FAIL_NEXT} or (
            fault is Fault.ALTERNATE and self._failed_last
        ):
            _reset(writer)
            return
        if fault in {Fault.HANG, Fault.LOSE}:
            self._hanging.add(writer)
            return
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            if wait := LATE if fault is Fault.SLOW else self.delay:
                await asyncio.sleep(wait)
            writer.write(_ANSWER)
            await writer.drain()
        writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with an RST, so that the other side sees an error rather than an end."""
    connection: socket.socket = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
