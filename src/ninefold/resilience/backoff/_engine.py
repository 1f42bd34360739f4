"""Decides how long to wait before a retry. Chance comes in; nothing is remembered."""

from __future__ import annotations

from random import Random
from typing import Final

from ninefold.resilience.backoff._model import Backoff

# A larger exponent is no float; whatever grows at all has reached any cap by then.
_LARGEST_EXPONENT: Final = 1e300


def delay(backoff: Backoff, retry: int, random: Random, previous: float | None) -> float:
    """Seconds to wait before retry number `retry`, which is 1 for the first.

    `previous` is the wait before the last retry, None before the first; only decorrelated jitter
    asks for it. The result is within 0 and the cap, however large `retry` is. One number is drawn
    from `random`, or none without jitter.

    Source: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.

    >>> backoff = Backoff(base=0.1, cap=10, jitter="none")
    >>> [delay(backoff, retry, Random(7), None) for retry in (1, 2, 5, 10**9)]
    [0.1, 0.2, 1.6, 10.0]
    """
    match backoff.jitter:
        case "full":
            return random.random() * _exponential(backoff, retry)
        case "equal":
            half = _exponential(backoff, retry) / 2
            return half + random.random() * half
        case "decorrelated":
            before = backoff.base if previous is None else max(backoff.base, previous)
            drawn = backoff.base + random.random() * (3 * before - backoff.base)
            return min(backoff.cap, drawn)
        case "none":
            return _exponential(backoff, retry)


def _exponential(backoff: Backoff, retry: int) -> float:
    try:
        growth: float = backoff.factor ** min(retry - 1, _LARGEST_EXPONENT)
    except OverflowError:
        return backoff.cap
    return min(backoff.cap, backoff.base * growth)
