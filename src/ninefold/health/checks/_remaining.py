"""What is left of the time that a check was given as a whole."""

from __future__ import annotations

import time

__all__ = ["Remaining"]


class Remaining:
    """Counts down from `seconds`; a socket is given what is left before each of its waits.

    A socket's own timeout bounds one wait, and begins anew with each byte that a server drips. The
    clock is the machine's, and not a `Runtime`'s: sockets wait by no other.
    """

    __slots__ = ("_end", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left, above 0. Raises `TimeoutError` when none are."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"not done within {self._seconds:g} seconds")
        return left
