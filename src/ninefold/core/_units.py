"""What a UCUM unit is called in Prometheus: `s` is seconds, `By/s` is bytes_per_second.

The words are those that Prometheus 3 uses when it receives OTLP, so that a name built here is the
name that is stored there. Source: OpenTelemetry specification, compatibility/prometheus_and_
openmetrics.md, "Metric Metadata", and the tables of prometheus/otlptranslator (Apache-2.0).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

UNIT_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "d": "days",
        "h": "hours",
        "min": "minutes",
        "s": "seconds",
        "ms": "milliseconds",
        "us": "microseconds",
        "ns": "nanoseconds",
        "By": "bytes",
        "KiBy": "kibibytes",
        "MiBy": "mebibytes",
        "GiBy": "gibibytes",
        "TiBy": "tibibytes",
        # UCUM's kilo is `k`, Prometheus's table says `K`: `kBy` is passed through as it is.
        "KBy": "kilobytes",
        "MBy": "megabytes",
        "GBy": "gigabytes",
        "TBy": "terabytes",
        "m": "meters",
        "V": "volts",
        "A": "amperes",
        "J": "joules",
        "W": "watts",
        "g": "grams",
        "Cel": "celsius",
        "Hz": "hertz",
        "%": "percent",
        "1": "",
    }
)
"""A unit, or what stands before its `/`, as Prometheus words it."""

PER_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "s": "second",
        # After a `/`, Prometheus reads `m` as minutes although it is UCUM's metre.
        "m": "minute",
        "h": "hour",
        "d": "day",
        "w": "week",
        "mo": "month",
        "y": "year",
    }
)
"""What stands after a unit's `/`, in the singular."""

_INVALID = re.compile(r"[^A-Za-z0-9:]+")


def split_unit(unit: str) -> tuple[str, str]:
    """The words of `unit` before its `/` and after it, the latter with its `per_`.

    Either is empty where there is nothing to say: an annotation (`{request}`), a plain `1`.

    >>> split_unit("By/s")
    ('bytes', 'per_second')
    >>> split_unit("{request}")
    ('', '')
    """
    main, _, per = unit.partition("/")
    main_word = _word(main, UNIT_WORDS)
    per_word = _word(per, PER_WORDS)
    return main_word, f"per_{per_word}" if per_word else ""


def prometheus_unit(unit: str, *, ratio: bool = False) -> str:
    """What Prometheus calls `unit`, or an empty string for what it counts without a unit.

    `unit` is UCUM, as OpenTelemetry instruments declare it. A unit that is in no table is kept,
    with invalid characters as underscores. `ratio=True` says that the metric is a gauge, whose
    unit `1` Prometheus calls a ratio; a count with unit `1` has no unit there.

    Source: OpenTelemetry specification, compatibility/prometheus_and_openmetrics.md.

    >>> prometheus_unit("s"), prometheus_unit("By/s"), prometheus_unit("{request}/min")
    ('seconds', 'bytes_per_second', 'per_min')
    >>> prometheus_unit("1", ratio=True), prometheus_unit("1")
    ('ratio', '')
    """
    if ratio and unit == "1":
        return "ratio"
    words = (_INVALID.sub("_", word).strip("_") for word in split_unit(unit))
    return "_".join(word for word in words if word not in ("", "per"))


def _word(text: str, words: Mapping[str, str]) -> str:
    text = text.strip()
    # An annotation anywhere takes the whole side with it: `By{sent}` is written without a unit.
    if "{" in text or "}" in text:
        return ""
    return words.get(text, text)
