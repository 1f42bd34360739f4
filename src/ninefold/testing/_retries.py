"""no_retries: every failure is the last, as long as the block of a test lasts."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from ninefold.resilience.retry import SWITCH

__all__ = ["no_retries"]


@contextmanager
def no_retries() -> Generator[None]:
    """Make no retry in this process while the block lasts, in any thread or task.

    For tests of what a failure leads to, which need not wait for backoffs. Everything else that a
    policy does goes on: breaker, bulkhead, deadline, fallback, metrics.

    >>> import ninefold as nf
    >>> @nf.Retry(on=TimeoutError)
    ... def ask():
    ...     raise TimeoutError("once")
    >>> with nf.testing.no_retries():
    ...     ask()
    Traceback (most recent call last):
    TimeoutError: once
    """
    SWITCH.add(1)
    try:
        yield
    finally:
        SWITCH.add(-1)
