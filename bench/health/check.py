"""The check that every library is given: one GET to the dependency, and a record that it began."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How to ask the dependency: its port, how long its client waits, where calls are noted.

    `journal` is a file; each call adds a line with the monotonic time of its start, which tells of
    calls that a port where nobody listens cannot count.
    """

    port: int
    timeout: float | None
    journal: int

    def ask(self) -> None:
        """Ask; an `OSError` when it did not go well."""
        self._note()
        connection = HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        try:
            connection.request("GET", "/")
            status = connection.getresponse().status
        except HTTPException as error:
            raise OSError(f"no answer: {error!r}") from error
        finally:
            connection.close()
        if status != 200:
            raise OSError(f"the dependency answered {status}")

    async def ask_async(self) -> None:
        """Likewise, without a thread."""
        self._note()
        async with asyncio.timeout(self.timeout):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                writer.write(b"GET / HTTP/1.1\r\nHost: dependency\r\nConnection: close\r\n\r\n")
                answer = await reader.read()
            finally:
                writer.close()
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise OSError(f"the dependency answered {answer[:20]!r}")

    def _note(self) -> None:
        os.write(self.journal, f"{time.monotonic():.6f}\n".encode())
