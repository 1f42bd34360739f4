"""Rate: keeps as many traces per second as were asked for, however many come."""

from __future__ import annotations

from typing import Final

from ninefold.sampling._threshold import threshold_of

__all__ = ["Rate"]

PERIOD: Final = 1.0
"""Seconds that are looked at; the next ones are expected to be like these."""

_WEIGHT: Final = 0.5
"""How much the last period counts against what was expected of it."""


class Rate:
    """The threshold of the moment, by how many traces have come; never by which.

    So what is kept is a fair sample at every moment, and each one that is kept carries what it
    stands for. A burst is held down as it comes: the n-th trace of a period has the probability
    target / n, once n is above what was expected. Counted without a lock: threads that come at the
    same moment may count as one.
    """

    __slots__ = ("_came", "_expected", "_since", "_target", "_usual", "per_second")

    def __init__(self, per_second: float, now: float) -> None:
        self.per_second = per_second
        self._target = per_second * PERIOD
        self._expected = 0.0
        self._usual = 0
        self._came = 0
        self._since = now

    def at(self, per_second: float) -> Rate:
        """One for another target that expects what this one has learnt to expect."""
        other = Rate(per_second, self._since)
        other._expected, other._came = self._expected, self._came
        other._usual = other._of(other._expected)
        return other

    def threshold(self, now: float) -> int:
        """The threshold for a trace that begins at `now`, which counts as having come."""
        age = now - self._since
        if age >= PERIOD:
            self._turn(now, age)
        self._came = came = self._came + 1
        # Every request comes by here: most of them find what the period began with.
        return self._usual if came <= self._expected else self._of(came)

    def _of(self, most: float) -> int:
        return 0 if most <= self._target else threshold_of(self._target / most)

    def _turn(self, now: float, age: float) -> None:
        rate = self._came / age * PERIOD
        if age >= 10 * PERIOD:
            # Nothing came for long: what was expected before says nothing any more.
            self._expected = rate
        else:
            self._expected += (rate - self._expected) * _WEIGHT
        self._usual = self._of(self._expected)
        self._came = 0
        self._since = now
