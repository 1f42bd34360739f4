"""Others: the other workers of the same server, as health wants them."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Others"]


class Others(Protocol):
    """The other workers of the same server."""

    def drain(self) -> None:
        """Tell them to drain."""
        ...

    def is_draining(self) -> bool:
        """Whether one of them was told so; quick."""
        ...

    def start(self) -> None:
        """Tell them that the server has started."""
        ...

    def is_started(self) -> bool:
        """Whether one of them has told so; quick."""
        ...

    def beat(self) -> None:
        """Tell them that this one serves, if it does."""
        ...

    def leave(self) -> None:
        """Tell them that this one ends."""
        ...

    def serve(self) -> bool:
        """Whether one of them serves, and goes on to; quick."""
        ...
