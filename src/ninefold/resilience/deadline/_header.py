"""The deadline on the wire: how many milliseconds are left, since two hosts' clocks differ.

The header is Envoy's: proxies and meshes that are there anyway read it, and tell of their own
timeouts in it. gRPC's `grpc-timeout` is for gRPC, and no other name is common.
"""

from __future__ import annotations

import math
from typing import Final

HEADER: Final = "x-envoy-expected-rq-timeout-ms"
"""The name of the request header.

Source: Envoy, HTTP filters, Router, `x-envoy-expected-rq-timeout-ms`: the time in milliseconds
within which the router expects the request to be completed.
"""

LONGEST: Final = 86_400.0
"""No deadline of a day or more is meant, so that is what such a one is taken for. In seconds."""

_DIGITS: Final = 10


def header_value(remaining: float) -> str:
    """What to send when `remaining` seconds are left: whole milliseconds, rounded down.

    But 1 at least, as 0 means no timeout at all to Envoy. Where nothing is left, the request itself
    is better not sent.

    >>> header_value(1.5009)
    '1500'
    """
    if not remaining > 0.001:
        return "1"
    return str(math.floor(min(remaining, LONGEST) * 1000))


def parse_header(value: object) -> float | None:
    """The seconds that a request has according to the header's value, at most a day.

    None for whatever is no positive whole number of at most 10 digits, as for a header that is not
    there: a client that sends nonsense has no deadline, and no error. Never raises.

    >>> parse_header("1500")
    1.5
    >>> parse_header("-1") is parse_header("0") is parse_header("1e3") is None
    True
    """
    # Looked at only up to what can be right, however long it is.
    if not isinstance(value, str) or len(value) > _DIGITS + 2:
        return None
    digits = value.strip(" \t")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS):
        return None
    milliseconds = int(digits)
    return min(milliseconds / 1000, LONGEST) if milliseconds else None
