"""The words of a metric's name, and what some of them mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_SEPARATORS: Final = re.compile(r"[^A-Za-z0-9]+")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_CODES: Final = {
    "s": "seconds second secs",
    "ms": "milliseconds millisecond millis ms msec msecs",
    "us": "microseconds microsecond micros usec usecs",
    "ns": "nanoseconds nanosecond nanos nsec nsecs",
    "min": "minutes",
    "h": "hours",
    "By": "bytes byte",
    "kBy": "kilobytes kb",
    "MBy": "megabytes mb",
    "GBy": "gigabytes gb",
    "TBy": "terabytes tb",
    "KiBy": "kibibytes kib",
    "MiBy": "mebibytes mib",
    "GiBy": "gibibytes gib",
    "%": "percent percentage pct",
    "Cel": "celsius",
    "Hz": "hertz hz",
    "W": "watts",
    "V": "volts",
    "A": "amperes",
    "J": "joules",
}
UNIT_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {word: code for code, words in _CODES.items() for word in words.split()}
)
"""Words that say a unit wherever they end a name, and its UCUM code. `min` and `days` do not."""

DURATION_WORDS: Final = frozenset(
    {"duration", "latency", "elapsed", "time", "delay", "lag", "uptime", "timeout", "wait", "age"}
)
"""Words that say that a length of time is measured."""

RATIO_WORDS: Final = frozenset({"utilization", "utilisation", "ratio", "fraction"})
"""Words that say that a share of a whole is measured."""


def words(name: str) -> list[str]:
    """The words of a name in lower case.

    >>> words("shop.orderCount_ms")
    ['shop', 'order', 'count', 'ms']
    """
    spread = _HUMP.sub("_", name)
    return [each.lower() for each in _SEPARATORS.split(spread) if each]


def unit_word(name: str) -> str | None:
    """The word by which a name says its unit at its end, before a `total`; None where none does.

    A rate's is not looked for: what `bytes_per_second` says depends on more than one word.

    >>> unit_word("shop.payload_bytes_total"), unit_word("shop.bytes_per_second")
    ('bytes', None)
    """
    found = words(name)
    if found and found[-1] == "total":
        del found[-1]
    if len(found) < 2 or "per" in found or found[-1] not in UNIT_WORDS:
        return None
    return found[-1]


def folded(name: str) -> str:
    """A name without what separators and case make of it.

    >>> folded("http.statusCode") == folded("http_status_code")
    True
    """
    return "_".join(words(name))
