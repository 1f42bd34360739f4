"""What is said of a bulkhead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ninefold.core import require_count, seconds


@dataclass(frozen=True, slots=True, init=False)
class Bulkhead:
    """At most `limit` calls at once; further ones wait up to `wait` seconds, in their order.

    By default they do not wait: `BulkheadFullError` comes at once, as a queue in front of a slow
    dependency only adds to its slowness. A deadline ends a wait sooner. The source of the idea is
    Michael T. Nygard, Release It!, "Bulkheads".

    - `limit`, 1 or more, holds in each process by itself.
    - `wait` takes seconds or a `timedelta`, and is kept as seconds.

    Raises `ConfigurationError`.

    >>> Bulkhead(50, wait=timedelta(milliseconds=100))
    Bulkhead(limit=50, wait=0.1)
    >>> Bulkhead(0)
    Traceback (most recent call last):
    ninefold.errors.ConfigurationError: bulkhead limit must be a whole number >= 1 calls, got 0
    """

    limit: int
    wait: float

    def __init__(self, limit: int, *, wait: float | timedelta = 0.0) -> None:
        require_count("bulkhead limit", limit, minimum=1, unit="calls")
        object.__setattr__(self, "limit", limit)
        object.__setattr__(self, "wait", seconds("bulkhead wait", wait, zero=True))
