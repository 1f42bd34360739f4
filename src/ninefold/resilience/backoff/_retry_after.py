"""How long a server or a breaker asked us to wait, and how far we follow it.

What is read here was sent by others: nothing in it raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from ninefold.errors import CircuitOpenError

LARGEST_EXTRA: Final = 5.0
"""By how many seconds a server may lengthen a wait. AWS's SDKs follow theirs as far."""

# What a larger number counts as (RFC 9111, section 1.2.2): 68 years.
_LARGEST_ASKED: Final = float(1 << 31)

_SECONDS: Final = re.compile(r"[0-9]+")
_MONTHS: Final[tuple[str, ...]] = tuple(
    "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905 - read at a glance
)
_MONTH: Final = "|".join(_MONTHS)
_DAY: Final = "(?:mon|tue|wed|thu|fri|sat|sun)"
_WHOLE_DAY: Final = "(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_TIME: Final = "(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_YEAR: Final = "(?P<year>[0-9]{4})"
# RFC 9110, section 5.6.7: the form to be sent, and the two that must be understood.
_DATES: Final = tuple(
    re.compile(form, re.IGNORECASE | re.ASCII)
    for form in (
        rf"{_DAY}, (?P<day>[0-9]{{2}}) (?P<month>{_MONTH}) {_YEAR} {_TIME} GMT",
        rf"{_WHOLE_DAY}, (?P<day>[0-9]{{2}})-(?P<month>{_MONTH})-(?P<year>[0-9]{{2}}) {_TIME} GMT",
        rf"{_DAY} (?P<month>{_MONTH}) (?P<day>[0-9]{{2}}| [0-9]) {_TIME} {_YEAR}",
    )
)
_LONGEST_DATE: Final = len("Wednesday, 06-Nov-94 08:49:37 GMT")


def parse_retry_after(value: str | bytes, wall: float) -> float | None:
    """Seconds to wait by the value of a Retry-After header, or None where it says nothing.

    `wall` is the present, in seconds of Unix time: a date is told as the time until then, one that
    is past as 0. Nothing is longer than 2**31 seconds. Never raises.

    Source: RFC 9110, sections 10.2.3 and 5.6.7.

    >>> parse_retry_after("120", 0.0), parse_retry_after("soon", 0.0)
    (120.0, None)
    >>> parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", 784111770.0)
    7.0
    """
    text = (value.decode("latin-1") if isinstance(value, bytes) else value).strip(" \t")
    if _SECONDS.fullmatch(text):
        return _bounded(float(text))
    if len(text) > _LONGEST_DATE:
        return None
    for form in _DATES:
        date = form.fullmatch(text)
        if date is not None:
            moment = _moment(date, wall)
            return None if moment is None else _bounded(moment - wall)
    return None


def asked_wait(outcome: object, wall: Callable[[], float]) -> float | None:
    """Seconds that a call's result or exception asks to wait before the next, or None.

    That is Retry-After in the headers of a response: a result's own `headers`, those of an
    exception's `response`, or an exception's own. `headers` is whatever has `get`. An open breaker
    says itself when a probe may pass. `wall` gives the present in seconds of Unix time, and is
    asked where there is such a header. Never raises an `Exception`, whatever the object does.

    >>> asked_wait(CircuitOpenError("psp", 2.5), lambda: 0.0)
    2.5
    >>> asked_wait("no response", lambda: 0.0) is None
    True
    """
    try:
        if isinstance(outcome, CircuitOpenError):
            return _bounded(float(outcome.retry_after))
        value = None
        if isinstance(outcome, BaseException):
            value = _header(getattr(outcome, "response", None))
        if value is None:
            value = _header(outcome)
        # Whatever it is: what is no text says nothing.
        return parse_retry_after(value, wall()) if isinstance(value, (str, bytes)) else None
    except Exception:  # noqa: BLE001 - an object of others; without an answer the backoff decides
        return None


def clamped(computed: float, asked: float | None) -> float:
    """The wait, in seconds: what backoff computed, lengthened as asked, by 5 seconds at most.

    It is never shorter than `computed`, so that a server which says 0 brings no rush of retries on
    itself, and never much longer, so that none can stall its callers.

    Source: "Retry behavior", AWS SDKs and Tools Reference Guide.

    >>> clamped(2.0, None), clamped(2.0, 0.0), clamped(2.0, 4.0), clamped(2.0, 3600.0)
    (2.0, 2.0, 4.0, 7.0)
    """
    return computed if asked is None else min(computed + LARGEST_EXTRA, max(computed, asked))


def _header(holder: object) -> object:
    get = getattr(getattr(holder, "headers", None), "get", None)
    if get is None:
        return None
    value = get("retry-after")
    return get("Retry-After") if value is None else value


def _bounded(length: float) -> float:
    return min(_LARGEST_ASKED, max(0.0, length))


def _moment(date: re.Match[str], wall: float) -> float | None:
    """A date's Unix time; None where there is no such day or time."""
    year, day, second = int(date["year"]), int(date["day"]), int(date["second"])
    month = _MONTHS.index(date["month"].lower()) + 1
    time = int(date["hour"]), int(date["minute"])
    # A leap second is one that datetime does not know.
    leap = 1 if second == 60 else 0
    try:
        if len(date["year"]) == 2:
            year = _whole_year(year, datetime.fromtimestamp(wall, UTC).year)
        return datetime(year, month, day, *time, second - leap, tzinfo=UTC).timestamp() + leap
    except (ValueError, OverflowError, OSError):
        return None


def _whole_year(digits: int, present: int) -> int:
    """The year that two digits mean: what would be over 50 years ahead is past (RFC 9110)."""
    year = present - present % 100 + digits
    if year > present + 50:
        return year - 100
    return year if year > present - 50 else year + 100
