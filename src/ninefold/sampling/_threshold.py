"""Thresholds: the arithmetic of consistent probability sampling. Pure.

A trace is kept when its randomness R, 56 bits, is at or above the threshold T. Services with
different probabilities so keep nested sets of the same traces (OpenTelemetry specification,
"TraceState: Probability Sampling").
"""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "LOW_56",
    "NEVER",
    "adjusted_count",
    "parse_randomness",
    "parse_threshold",
    "probability_of",
    "randomness_of",
    "threshold_of",
    "written",
]

NEVER: Final = 1 << 56
"""The threshold that no trace reaches: a probability of 0, which has no `th`."""

_SPACE: Final = float(NEVER)
LOW_56: Final = NEVER - 1
"""The bits of a trace id that are its randomness."""

_DIGITS: Final = 14
# Not by int(): that takes `F`, `+f`, `0x8` and `1_0` for numbers.
_THRESHOLD: Final = re.compile(r"[0-9a-f]{1,14}")
_RANDOMNESS: Final = re.compile(r"[0-9a-f]{14}")


def threshold_of(probability: float) -> int:
    """T for the probability of being kept, from 0 to 1.

    >>> hex(threshold_of(0.25)), threshold_of(1), threshold_of(0) == NEVER
    ('0xc0000000000000', 0, True)
    """
    return NEVER - round(probability * _SPACE)


def probability_of(threshold: int) -> float:
    """The probability that a threshold stands for."""
    return (NEVER - threshold) / NEVER


def adjusted_count(threshold: int) -> float:
    """How many traces one that was kept at a threshold stands for.

    Raises `ZeroDivisionError` at `NEVER`, which none is kept at.

    >>> adjusted_count(threshold_of(0.25))
    4.0
    """
    return NEVER / (NEVER - threshold)


def written(threshold: int) -> str:
    """The `th` of a threshold below `NEVER`: 14 digits, zeros at the end cut.

    >>> written(threshold_of(0.5)), written(threshold_of(0.1)), written(0)
    ('8', 'e6666666666666', '0')
    """
    return f"{threshold:014x}".rstrip("0") or "0"


def parse_threshold(text: str) -> int | None:
    """The threshold that a `th` tells; None where it is none.

    >>> parse_threshold("8") == threshold_of(0.5), parse_threshold("F"), parse_threshold("")
    (True, None, None)
    """
    if _THRESHOLD.fullmatch(text) is None:
        return None
    return int(text.ljust(_DIGITS, "0"), 16)


def parse_randomness(text: str) -> int | None:
    """R as an `rv` tells it, in 14 digits; None where it tells none."""
    return None if _RANDOMNESS.fullmatch(text) is None else int(text, 16)


def randomness_of(trace_id: int) -> int:
    """R as a trace id has it: its low 56 bits (W3C Trace Context, level 2)."""
    return trace_id & LOW_56
