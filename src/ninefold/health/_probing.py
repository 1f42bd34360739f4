"""What is probed: who asks for it, its rhythm, and the probe of it that is under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ninefold.health._loops import Awaited
from ninefold.health._model import Check, Patience, Probed
from ninefold.health._schedule import Rhythm


class Watched(Protocol):
    """What is probed, and told of it; all from one thread, on which nothing may take long."""

    @property
    def name(self) -> str:
        """Who it is."""
        ...

    @property
    def check(self) -> Check:
        """What is run."""
        ...

    @property
    def patience(self) -> Patience:
        """How often, and for how long."""
        ...

    def probed(self, probed: Probed, /) -> None:
        """Take a result."""
        ...

    def is_unconfirmed(self) -> bool:
        """Whether the next probe is to come soon, as a change is not confirmed yet."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """Somebody who is watched, and whether its check is a coroutine, which is decided once."""

    watched: Watched
    is_awaited: bool


class Run:
    """One probe: when it began, and its coroutine where it is one."""

    __slots__ = ("at", "awaited")

    def __init__(self, at: float) -> None:
        self.at = at
        self.awaited: Awaited | None = None


class Probing:
    """A target's rhythm and the probe of it that is under way; the driver's thread has it alone."""

    __slots__ = ("gone", "rhythm", "run", "target")

    def __init__(self, target: Target, rhythm: Rhythm) -> None:
        self.target = target
        self.rhythm = rhythm
        self.run: Run | None = None
        self.gone = False
