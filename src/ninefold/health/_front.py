"""Front: for whom an application of ours answers, and which paths it leaves to who is behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ninefold.health._answers import PATHS, Answer

if TYPE_CHECKING:
    from ninefold.health._health import Health

__all__ = ["NOT_FOUND", "Front"]

NOT_FOUND: Final = Answer(404, (("Content-Length", "0"),), b"")


class Front:
    """What ASGI and WSGI share of standing in front of an application.

    `serves` says which paths that one has itself, where a service put this there; `begin` is called
    when something first comes.
    """

    __slots__ = ("_begin", "_serves", "health")

    def __init__(
        self,
        health: Health,
        serves: Callable[[str], bool] | None,
        begin: Callable[[], None] | None,
    ) -> None:
        self.health = health
        self._serves = serves
        self._begin = begin

    @property
    def is_a_services(self) -> bool:
        """Whether a service put it there, and not its user."""
        return self._serves is not None

    def serve(
        self, health: Health, *, serves: Callable[[str], bool], begin: Callable[[], None]
    ) -> None:
        """Answer for another service from now on: the one before it has been shut down."""
        if health is not self.health:
            self.health, self._serves, self._begin = health, serves, begin

    def begin(self) -> None:
        """Something has come."""
        begin, self._begin = self._begin, None
        if begin is not None:
            begin()

    def answers(self, path: str) -> bool:
        """Whether a path is answered here."""
        return path in PATHS and (self._serves is None or not self._serves(path))
