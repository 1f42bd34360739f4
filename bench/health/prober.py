"""A prober as Kubernetes has it: a GET on a fresh connection, within a timeout."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from bench.health.rows import PERIOD, PROBE_TIMEOUT

_REQUEST: Final = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: kube-probe/1.31\r\n"
    "Accept: */*\r\nConnection: close\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe: when it began, in seconds since the probers did, how long it took, what it got.

    `status` is None where there was no answer, or none in time.
    """

    at: float
    took: float
    status: int | None

    @property
    def is_ready(self) -> bool:
        """Whether Kubernetes takes it for a success."""
        return self.status is not None and 200 <= self.status < 400

    @property
    def ended(self) -> float:
        """When the orchestrator knew."""
        return self.at + self.took


async def probe(port: int, path: str, began: float) -> Probe:
    """Probe once."""
    at = time.monotonic()
    status: int | None = None
    try:
        async with asyncio.timeout(PROBE_TIMEOUT):
            status = await _get(port, path)
    except (TimeoutError, OSError, ValueError):
        pass
    return Probe(at - began, time.monotonic() - at, status)


async def keep_probing(port: int, path: str, began: float, end: float, found: list[Probe]) -> None:
    """Probe each period from `began` on, for `end` seconds."""
    for number in range(int(end / PERIOD)):
        due = began + number * PERIOD
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        found.append(await probe(port, path, began))


async def _get(port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(_REQUEST.format(path=path, port=port).encode())
        head = await reader.readuntil(b"\r\n")
        await reader.read()
        return int(head.split()[1])
    except asyncio.IncompleteReadError as error:
        raise OSError("closed without an answer") from error
    finally:
        writer.transport.abort()
