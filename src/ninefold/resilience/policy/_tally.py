"""Tally: what the calls of one dependency came to, for whoever judges its health."""

from __future__ import annotations

__all__ = ["Tally"]


class Tally:
    """Running totals. They are counted without a lock, so that a call pays next to nothing.

    Two threads at the same moment may count as one: this is evidence, no statistics.
    """

    __slots__ = ("bad", "good", "refused")

    def __init__(self) -> None:
        self.good = 0
        """Attempts that went well."""
        self.bad = 0
        """Attempts that failed, or that our limit ended."""
        self.refused = 0
        """Calls that its breaker rejected."""

    def restart(self) -> None:
        """Begin at zero, as a forked child must: it has called nobody yet."""
        self.good = self.bad = self.refused = 0

    def attempted(self, outcome: str) -> None:
        """Count an attempt; one that was cancelled says nothing."""
        if outcome == "success":
            self.good += 1
        elif outcome != "cancelled":
            self.bad += 1
