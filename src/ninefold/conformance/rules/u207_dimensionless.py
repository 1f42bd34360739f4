"""U207 and U208: the unit `1`, which is for shares and not for counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found, replaced
from ninefold.conformance._rule import Context, rule
from ninefold.conformance._words import RATIO_WORDS, words
from ninefold.conformance.ucum._words import singular

_ANNOTATION: Final = re.compile(r"\{[^{}]*\}")


@rule(
    "U207",
    "count-with-unit-1",
    "I",
    fix="unsafe",
    profiles=("otel",),
    source="OpenTelemetry semantic conventions, metrics: instrument units",
)
def count_with_unit_1(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A count has the unit `1`.

    ## Why

    `1` is the unit of shares: on a gauge Prometheus makes `_ratio` of it. What is counted is said
    in braces, `{order}`, which costs nothing in the stored name.

    ## Bad

    ```python
    orders = meter.create_counter("shop.orders", unit="1", description="Orders placed.")
    ```

    ## Use instead

    ```python
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
    ```
    """
    unit = declaration.unit
    if unit is None or unit.value != "1" or declaration.kind not in ("counter", "updowncounter"):
        return
    spoken = words(declaration.name.value or "")
    if not set(spoken) & RATIO_WORDS:
        if spoken and singular(spoken[-1]) in ("total", "count", "number", "counter"):
            del spoken[-1]
        thing = f"{{{singular(spoken[-1])}}}" if spoken else ""
        yield Found(
            unit.position,
            f"{declaration.name.value!r} counts, but its unit is '1'",
            f"say what is counted, as in {thing or '{request}'!r}",
            replaced(unit, thing, "unsafe") if thing else None,
        )


@rule(
    "U208",
    "ratio-not-unit-1",
    "W",
    fix="unsafe",
    profiles=("otel",),
    source="OpenTelemetry semantic conventions, metrics: instrument units",
)
def ratio_not_unit_1(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A utilization or a ratio has another unit than `1`.

    ## Why

    The conventions measure a share from 0 to 1, with the unit `1`. One that goes to 100 beside one
    that goes to 1 leads to alerts that never or always fire.

    ## Bad

    ```python
    share = meter.create_gauge("shop.pool.utilization", unit="%", description="Pool in use.")
    ```

    ## Use instead

    ```python
    share = meter.create_gauge("shop.pool.utilization", unit="1", description="Pool in use.")
    ```
    """
    unit = declaration.unit
    if unit is None or not unit.value or unit.value == "1":
        return
    spoken = words(declaration.name.value or "")
    if spoken and spoken[-1] in RATIO_WORDS:
        yield Found(
            unit.position,
            f"{declaration.name.value!r} is a share, but its unit is {unit.value!r}",
            "measure it from 0 to 1, with the unit '1'",
            # What is in braces is no scale: the values may stay as they are.
            replaced(unit, "1", "unsafe") if _ANNOTATION.fullmatch(unit.value) else None,
        )
