"""U205 and U206: units that are parts or multiples of the one to be used."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule
from ninefold.conformance._words import DURATION_WORDS, words
from ninefold.conformance.ucum import Unit, parse


@rule(
    "U205",
    "duration-not-seconds",
    "W",
    profiles=("otel",),
    source="OpenTelemetry semantic conventions, metrics: instrument units",
)
def duration_not_seconds(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A duration is not measured in seconds.

    ## Why

    The conventions measure every duration in `s`, and Prometheus does so too. One that is in `ms`
    cannot be drawn beside the others or share a threshold with them. Fractions lose nothing: the
    values are floats. The boundaries of a histogram change with the unit.

    ## Bad

    ```python
    waited = meter.create_histogram("shop.wait", unit="ms", description="How long one waits.")
    ```

    ## Use instead

    ```python
    waited = meter.create_histogram("shop.wait", unit="s", description="How long one waits.")
    ```
    """
    unit = declaration.unit
    parsed = parse(unit.value) if unit is not None and unit.value else None
    if unit is None or not isinstance(parsed, Unit) or parsed.quantity != "time":
        return
    single = parsed.single
    if single is None or (single.prefix, single.atom) == ("", "s"):
        return
    spoken = set(words(declaration.name.value or ""))
    if declaration.kind == "histogram" or spoken & DURATION_WORDS:
        yield Found(
            unit.position,
            f"a duration is measured in {unit.value!r} ({single.name}s)",
            "measure it in 's': the recorded values and a histogram's boundaries change with it",
        )


@rule(
    "U206",
    "prefixed-unit",
    "I",
    profiles=("otel",),
    source="OpenTelemetry semantic conventions, metrics: instrument units",
)
def prefixed_unit(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A unit has a prefix, such as `Mi`.

    ## Why

    The conventions use units without a prefix: `By`, not `MiBy`. Who reads a chart chooses the
    scale there, and sums of several metrics need no factor.

    ## Bad

    ```python
    heap = meter.create_gauge("shop.heap", unit="MiBy", description="Heap in use.")
    ```

    ## Use instead

    ```python
    heap = meter.create_gauge("shop.heap", unit="By", description="Heap in use.")
    ```
    """
    unit = declaration.unit
    parsed = parse(unit.value) if unit is not None and unit.value else None
    if unit is None or not isinstance(parsed, Unit):
        return
    for term in parsed.terms:
        if term.prefix and term.quantity == "information" and term.atom in ("By", "bit"):
            plain = unit.value or ""
            plain = plain.replace(f"{term.prefix}{term.atom}", term.atom)
            yield Found(
                unit.position,
                f"the unit {unit.value!r} has the prefix {term.prefix!r}",
                f"measure in {plain!r}; a chart chooses the scale",
            )
            return
