"""What one exchange leaves behind, and how an application and its test meet in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field


def _nothing() -> None:
    """Work after a response that nobody looks at."""


@dataclass(slots=True)
class Gate:
    """Where the application under test tells the test how far it is."""

    waiting: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a handler has begun to wait."""

    in_background: Callable[[], None] = _nothing
    """Called by the work that comes after a response."""

    async def wait(self) -> None:
        """Wait until stopped from outside."""
        self.waiting.set()
        await asyncio.Event().wait()


@dataclass(frozen=True, slots=True)
class Transcript:
    """All that a server saw of an application: messages or chunks, and how the call ended."""

    events: tuple[object, ...]
    error: str | None


def named(error: BaseException) -> str:
    """An error by its type and text, comparable between two runs."""
    return f"{type(error).__name__}: {error}"
