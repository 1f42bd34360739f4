"""Waiting for something that another process or thread does: poll, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_PAUSE = 0.02

PATIENCE = 60.0
"""Seconds: what processes take on few cores that all tests share, and more."""

LATE = 30.0
"""Seconds after which a test takes something for held up, on the slowest machine: no promise."""


def eventually(
    look: Callable[[], T], *, within: float = PATIENCE, pause: float = _PAUSE, wanted: str = ""
) -> T:
    """What `look` returns once that is true; it is called until then, `within` seconds at most.

    An `OSError` or `AssertionError` of `look` counts as not yet. At the deadline an
    `AssertionError` tells what was wanted and what was seen last.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            seen = look()
            if seen:
                return seen
            last: object = seen
        except (OSError, AssertionError) as error:
            last = error
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {within:g} s: {wanted or look}; last seen: {last!r}")
        time.sleep(pause)
