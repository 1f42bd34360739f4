"""The command line. Each command is imported when it is called, and what it needs with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ninefold.cli._main import main

__all__ = ["main"]


def __getattr__(name: str) -> object:
    # `ninefold check` does without what the other commands are made with.
    if name == "main":
        from ninefold.cli._main import main

        return main
    raise AttributeError(f"module 'ninefold.cli' has no attribute {name!r}")
