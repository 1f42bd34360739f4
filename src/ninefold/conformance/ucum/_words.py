"""What people write for a unit, and the UCUM code that they mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from ninefold.conformance.ucum._parser import parse
from ninefold.conformance.ucum._unit import Unit

_CODES: Mapping[str, str] = MappingProxyType(
    {
        "s": "second seconds sec secs",
        "ms": "millisecond milliseconds millis msec msecs",
        "us": "microsecond microseconds micros usec usecs \u00b5s \u03bcs mus",
        "ns": "nanosecond nanoseconds nanos nsec nsecs",
        "min": "minute minutes mins",
        "h": "hour hours hr hrs",
        "d": "day days",
        "wk": "week weeks",
        "mo": "month months",
        "a": "year years yr yrs",
        "By": "byte bytes octet octets",
        "bit": "bits",
        "kBy": "kilobyte kilobytes kb KBy",
        "MBy": "megabyte megabytes mb",
        "GBy": "gigabyte gigabytes gb",
        "TBy": "terabyte terabytes tb",
        "KiBy": "kibibyte kibibytes kib",
        "MiBy": "mebibyte mebibytes mib",
        "GiBy": "gibibyte gibibytes gib",
        "TiBy": "tebibyte tebibytes tib",
        "1": "ratio fraction none dimensionless unit units unitless number scalar bool boolean",
        "%": "percent percentage pct",
        "[ppm]": "ppm",
        "Cel": "celsius degc \u00b0c degrees_celsius",
        "Hz": "hertz",
        "W": "watt watts",
        "V": "volt volts",
        "A": "ampere amperes amp amps",
        "J": "joule joules",
        "m": "metre metres meter meters",
        "g": "gram grams",
        "kg": "kilogram kilograms",
        "By/s": "bytes_per_second",
        "bit/s": "bits_per_second bps",
        "{request}/s": "rps requests_per_second",
        "{request}/min": "rpm requests_per_minute",
        "{query}/s": "qps",
        "{operation}/s": "iops ops",
    }
)
_SINGULAR = frozenset(
    {
        "alias", "atlas", "aws", "bias", "canvas", "chaos", "christmas", "cosmos", "dns", "gas",
        "grpcs", "https", "ios", "jenkins", "kudos", "kubernetes", "lens", "macos", "ms", "nas",
        "nats", "news", "os", "postgres", "redis", "series", "sms", "species", "tls",
    }
)  # fmt: skip
"""Words that end as a plural does, and are none or as much a singular."""
_IRREGULAR: Mapping[str, str] = MappingProxyType(
    {
        "aliases": "alias",
        "analyses": "analysis",
        "atlases": "atlas",
        "axes": "axis",
        "biases": "bias",
        "bonuses": "bonus",
        "buses": "bus",
        "caches": "cache",
        "calories": "calorie",
        "canvases": "canvas",
        "children": "child",
        "cookies": "cookie",
        "gases": "gas",
        "indices": "index",
        "lenses": "lens",
        "matrices": "matrix",
        "movies": "movie",
        "niches": "niche",
        "people": "person",
        "statuses": "status",
        "vertices": "vertex",
        "viruses": "virus",
        "zombies": "zombie",
    }
)
_MEANT: Mapping[str, str] = MappingProxyType(
    {word: code for code, words in _CODES.items() for word in words.split()}
)
_WORD = re.compile(r"[a-z][a-z0-9_]*")
_BITS = re.compile(r"([KMGT])b(ps|)")
_SAY_NOTHING = frozenset({"count", "counts", "counter", "total", "value", "values"})


def meant(text: str) -> str | None:
    """The code that `text`, which is no UCUM unit, was written for; None where that is not clear.

    A word of plain letters that is no unit is taken for what is counted, in the singular.

    >>> meant("seconds"), meant("KB/sec"), meant("requests"), meant("count")
    ('s', 'kBy/s', '{request}', None)
    """
    given = text.strip()
    above, slash, below = given.partition("/")
    if slash:
        parts = [_part(above), _part(below)]
        return None if None in parts else "/".join(map(str, parts))
    bits = _BITS.fullmatch(given)
    if bits is not None:
        return f"{bits[1].replace('K', 'k')}bit{'/s' if bits[2] else ''}"
    word = given.lower()
    if word in _MEANT:
        return _MEANT[word]
    if word == given and word not in _SAY_NOTHING and _WORD.fullmatch(word):
        return f"{{{singular(word)}}}"
    return None


def _part(text: str) -> str | None:
    """One side of a quotient: as it is where that is a unit, else what it was written for."""
    if "/" in text:
        return None
    found = text if isinstance(parse(text), Unit) else meant(text)
    return None if found is None or "/" in found else found


def singular(word: str) -> str:
    """`word` in the singular, so far as its ending tells; as it is where it is in none or both.

    >>> [singular(word) for word in ("requests", "entries", "boxes", "status", "bytes", "process")]
    ['request', 'entry', 'box', 'status', 'byte', 'process']
    >>> [singular(word) for word in ("alias", "aliases", "caches", "sizes", "series")]
    ['alias', 'alias', 'cache', 'size', 'series']
    """
    if word in _SINGULAR:
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
