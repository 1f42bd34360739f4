"""What is written on the exception that a retry gives up with."""

from __future__ import annotations

from contextlib import suppress

__all__ = ["gave_up"]

_WHY = {
    "attempts": "all attempts failed",
    "budget": "the retry budget is used up",
    "deadline": "the next attempt would begin after the deadline",
    "open": "the breaker is open",
    "nested": "an outer call of this dependency is retrying",
}


def gave_up(error: BaseException, made: int, reason: str, elapsed: float, name: str = "") -> None:
    """Note on `error` how often it was tried, and why no more; the exception stays as it is."""
    of = f" of {name!r}" if name else ""
    times = "1 attempt" if made == 1 else f"{made} attempts"
    # An exception that takes no note, as a frozen dataclass, goes on without.
    with suppress(Exception):
        error.add_note(f"ninefold: gave up{of} after {times} in {elapsed:.3g} s: {_WHY[reason]}")
