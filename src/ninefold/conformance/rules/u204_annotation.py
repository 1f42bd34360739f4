"""U204: an annotation in the plural."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found, replaced
from ninefold.conformance._rule import Context, rule
from ninefold.conformance.ucum import Unit, parse
from ninefold.conformance.ucum._words import singular

_WORD: Final = re.compile(r"[a-z]+(?:_[a-z]+)*")


@rule(
    "U204",
    "plural-annotation",
    "W",
    fix="safe",
    partly=True,
    profiles=("otel",),
    source="OpenTelemetry semantic conventions, metrics: instrument units",
)
def plural_annotation(declaration: Declaration, context: Context) -> Iterator[Found]:
    """An annotation of a unit is in the plural.

    ## Why

    Units are in the singular as `s` and `By` are: the conventions write `{request}` and
    `{connection}`. What is in braces is no part of a stored name, so that mending it breaks
    nothing.

    ## Bad

    ```python
    orders = meter.create_counter("shop.orders", unit="{orders}", description="Orders placed.")
    ```

    ## Use instead

    ```python
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
    ```
    """
    unit = declaration.unit
    if unit is None or not unit.value or "{" not in unit.value:
        return
    parsed = parse(unit.value)
    if not isinstance(parsed, Unit):
        return
    text = unit.value
    for annotation in parsed.annotations:
        if not _WORD.fullmatch(annotation):
            continue
        head, _, last = annotation.rpartition("_")
        one = singular(last)
        if one != last:
            better = f"{head}_{one}" if head else one
            text = text.replace(f"{{{annotation}}}", f"{{{better}}}")
    if text != unit.value:
        yield Found(
            unit.position,
            f"the unit {unit.value!r} is in the plural",
            f"write {text!r}",
            replaced(unit, text, "safe"),
        )
