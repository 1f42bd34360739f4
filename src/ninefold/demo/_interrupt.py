"""Ctrl-C, and a polite order to end, as an event that the demo waits for."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stopping(stop: asyncio.Event) -> Generator[None]:
    """Set `stop` on the first Ctrl-C or SIGTERM; a second one interrupts at once.

    By `signal.signal`, as event loops on Windows have no handlers of signals.
    """
    loop = asyncio.get_running_loop()

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        loop.call_soon_threadsafe(stop.set)

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
