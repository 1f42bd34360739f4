"""How figures are written, on the screen and in lines."""

from __future__ import annotations

import math
from typing import Final

from ninefold.demo._table import Row

ABSENT: Final = "-"

EXPLAINED: Final = (
    "Computed from both /metrics: req/s over the last seconds, the rest since the start.\n"
    "availability: bad are status >= 500, timeout, cancelled, incomplete answer, unknown error; "
    "OPTIONS, 429 and clients that left are no events.\n"
    "p50, p95, p99: estimated from histogram buckets, as Prometheus's histogram_quantile does."
)


def share(value: float | None) -> str:
    """A share in percent, never rounded up: one failure in a million is not 100 %.

    >>> share(0.999999), share(1.0), share(None)
    ('99.99 %', '100 %', '-')
    """
    if value is None:
        return ABSENT
    return "100 %" if value == 1 else f"{math.floor(value * 10_000) / 100:.2f} %"


def duration(seconds: float) -> str:
    """A duration in the unit that a person would choose.

    >>> duration(0.0125), duration(1.5), duration(math.nan)
    ('12.5 ms', '1.50 s', '-')
    """
    if math.isnan(seconds):
        return ABSENT
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def rate(per_second: float | None) -> str:
    """Requests per second."""
    return ABSENT if per_second is None else f"{per_second:.1f}"


def answers(row: Row) -> str:
    """How many requests got which answer."""
    return ", ".join(f"{count:,} x {answer}" for answer, count in row.answers)
