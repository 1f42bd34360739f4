"""Guard: holds what a client can choose to what chance would have kept. Pure.

Who sends a trace id, or an `rv`, chooses its randomness, and so passes every threshold below 1.
Of honest ones a threshold keeps its share, give or take chance: what is kept beyond that is forged.
"""

from __future__ import annotations

from math import sqrt
from typing import Final

from ninefold.sampling._threshold import NEVER

__all__ = ["Guard", "most"]

PERIOD: Final = 1.0
"""Seconds after which what came before counts less."""

_REMEMBERED: Final = 63 / 64
"""How much of it counts on, so about a minute does: the longer, the less room is left to forge in.
The room is there once for all that is remembered, and comes again in a sixty-fourth each second."""

_SIGMAS: Final = 5.0
_FEW: Final = 5.0


def most(expected: float) -> float:
    """How many may be kept where so many were expected.

    Five standard deviations of a count, and five where few are expected and chance is not normal:
    honest traces pass that less than once in a million times, at any expectation. What is
    remembered strays less than a count does, as the older counts less.

    >>> most(100.0)
    155.0
    """
    return expected + _SIGMAS * sqrt(expected) + _FEW


class Guard:
    """Refuses what is kept beyond chance, until what is expected has caught up.

    Counted without a lock: threads that come at the same moment may count as one.
    """

    __slots__ = ("_expected", "_kept", "_since")

    def __init__(self, now: float) -> None:
        self._expected = 0.0
        self._kept = 0.0
        self._since = now

    def allows(self, threshold: int, kept: bool, now: float) -> bool:
        """Whether a trace is kept that a threshold keeps, or not; which counts as having come."""
        age = now - self._since
        if age >= PERIOD:
            self._turn(now, age)
        self._expected += (NEVER - threshold) / NEVER
        if not kept or self._kept + 1 > most(self._expected):
            return False
        self._kept += 1
        return True

    def _turn(self, now: float, age: float) -> None:
        left = _REMEMBERED ** (age / PERIOD)
        self._expected *= left
        self._kept *= left
        self._since = now
