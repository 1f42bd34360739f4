"""S405 and S406: units in Prometheus names are base units, in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule

_BASES: Mapping[str, str] = MappingProxyType(
    {
        "amperes": "amperes",
        "bits": "bytes",
        "bytes": "bytes",
        "calories": "joules",
        "celsius": "celsius",
        "days": "seconds",
        "fahrenheit": "celsius",
        "grams": "grams",
        "hours": "seconds",
        "inches": "meters",
        "joules": "joules",
        "kelvin": "kelvin",
        "kelvins": "kelvin",
        "meters": "meters",
        "metres": "metres",
        "miles": "meters",
        "minutes": "seconds",
        "ounces": "grams",
        "pounds": "grams",
        "rankine": "celsius",
        "seconds": "seconds",
        "volts": "volts",
        "weeks": "seconds",
        "yards": "meters",
    }
)
# `mibi` is promlint's own word for `mebi`; both are known here.
_PREFIXES = (
    *("pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega"),
    *("mebi", "mibi", "giga", "gibi", "tera", "tebi", "peta", "pebi"),
)
_IN_SECONDS = "measure in seconds, and write '_seconds'"
_IN_BYTES = "measure in bytes, and write '_bytes'"
_ABBREVIATIONS: Mapping[str, str] = MappingProxyType(
    {
        "s": "write '_seconds'",
        "sec": "write '_seconds'",
        **dict.fromkeys(("ms", "us", "ns", "h", "d"), _IN_SECONDS),
        "b": "write '_bytes' if bytes are meant",
        **dict.fromkeys(("kb", "mb", "gb", "tb", "pb"), _IN_BYTES),
        "m": "write the unit in full: '_meters', or '_seconds' for what takes minutes",
    }
)
"""What promlint knows for abbreviations, and the remedy."""


@rule(
    "S405", "base-unit", "W", source="promlint: base units", profiles=("prometheus",), exempt=True
)
def base_unit(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A name holds a unit that is no base unit: `milliseconds`, `kilobytes`, `hours`.

    ## Why

    All of Prometheus's functions, and everyone's dashboards, take seconds and bytes for granted.
    Two metrics in different units cannot be added or compared without a factor that someone
    forgets.

    ## Bad

    ```python
    from prometheus_client import Histogram

    duration = Histogram("shop_checkout_duration_milliseconds", "Duration of a checkout.")
    ```

    ## Use instead

    ```python
    from prometheus_client import Histogram

    duration = Histogram("shop_checkout_duration_seconds", "Duration of a checkout.")
    ```
    """
    name = declaration.name.value or ""
    if declaration.api in ("opentelemetry", "ninefold"):
        return  # U205 and U206 judge the declared unit
    for word in dict.fromkeys(name.split("_")):
        base = _base(word)
        if base is not None and base != word:
            yield Found(
                declaration.name.position,
                f"the name {name!r} holds the unit {word!r}",
                f"measure in {base}, and say so in the name",
            )


@rule(
    "S406",
    "abbreviated-unit",
    "W",
    source="promlint: abbreviated units",
    profiles=("prometheus",),
    exempt=True,
)
def abbreviated_unit(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A name holds an abbreviated unit: `_ms`, `_sec`, `_kb`.

    ## Why

    `m` is a metre, a minute or a million, `b` a bit or a byte. A unit in full is read the same by
    everyone, and found by the same search.

    ## Bad

    ```python
    from prometheus_client import Histogram

    duration = Histogram("shop_checkout_duration_s", "Duration of a checkout.")
    ```

    ## Use instead

    ```python
    from prometheus_client import Histogram

    duration = Histogram("shop_checkout_duration_seconds", "Duration of a checkout.")
    ```
    """
    name = declaration.name.value or ""
    if declaration.api in ("opentelemetry", "ninefold"):
        return  # U209 judges those
    # The first word is what is measured, not in what.
    for word in dict.fromkeys(name.lower().split("_")[1:]):
        if word in _ABBREVIATIONS:
            yield Found(
                declaration.name.position,
                f"the name {name!r} holds the abbreviation {word!r}",
                _ABBREVIATIONS[word],
            )


def _base(word: str) -> str | None:
    if word in _BASES:
        return _BASES[word]
    for prefix in _PREFIXES:
        if word.startswith(prefix) and word.removeprefix(prefix) in _BASES:
            return _BASES[word.removeprefix(prefix)]
    return None
