"""What counts as a measurement: a finite number that every exporter can carry.

Whatever reaches a point is a plain `int` or `float`. One value that an encoder refuses (an integer
beyond 64 bits, a Fraction as a minimum) would cost every metric of that export, and, being part of
a cumulative total, of every export after it.
"""

from __future__ import annotations

import math
from numbers import Integral, Real

LARGEST = 1.7976931348623157e308
"""The largest finite float: what is above, infinite or no number at all is no measurement."""

WHOLE = (1 << 63) - 1
"""The largest integer of OTLP: they have a sign and 64 bits (`as_int` of its metrics' protocol)."""


def plain(value: object) -> float:
    """The value as an `int` or `float` of exactly these types; NaN for what is no real number.

    Numbers of other libraries are taken if they call themselves `numbers.Real`, as numpy's scalars
    and fractions do. `Decimal` does not, on purpose, and text is never read as a number. A boolean
    is the integer it is in Python. Never raises.

    >>> plain(True), plain(2**70), plain("1")
    (1, 1.1805916207174113e+21, nan)
    """
    try:
        if type(value) is float:
            return value
        if type(value) is int and -WHOLE <= value <= WHOLE:
            return value
        if isinstance(value, Integral):
            whole = int(value)
            return whole if -WHOLE <= whole <= WHOLE else float(whole)
        if isinstance(value, Real):
            return float(value)
    except Exception:  # noqa: BLE001 - the value's own methods are the application's
        return math.nan
    return math.nan


def exportable(total: float) -> float:
    """A total that began as an `int` and grew beyond 64 bits, as the float that can be encoded."""
    return total if type(total) is float or -WHOLE <= total <= WHOLE else float(total)
