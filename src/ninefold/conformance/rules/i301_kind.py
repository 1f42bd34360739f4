"""I301, I302 and I304: an instrument that does not fit what the name says."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule
from ninefold.conformance._words import UNIT_WORDS, words
from ninefold.conformance.ucum._words import singular


@rule(
    "I301",
    "duration-not-histogram",
    "W",
    profiles=("otel",),
    source="OpenTelemetry semantic conventions, naming: instrument naming",
)
def duration_not_histogram(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A metric that is called a duration is no histogram.

    ## Why

    A gauge keeps the last duration and a counter their sum: neither can tell how many were slow.
    The conventions use a histogram wherever a name ends in `duration`.

    ## Bad

    ```python
    took = meter.create_gauge("shop.import.duration", unit="s", description="Length of imports.")
    ```

    ## Use instead

    ```python
    took = meter.create_histogram("shop.import.duration", unit="s", description="Their length.")
    ```
    """
    spoken = words(declaration.name.value or "")
    if (
        spoken[-1:] == ["duration"]
        and declaration.kind in ("counter", "updowncounter", "gauge")
        and not {"last", "max", "min", "total", "average", "avg", "mean"} & set(spoken)
    ):
        yield Found(
            declaration.position,
            f"{declaration.name.value!r} is a duration, but a {_named(declaration)}",
            "record each one in a histogram; for a sum of time call it '….time'",
        )


@rule(
    "I302",
    "kind-against-name",
    "I",
    profiles=("otel",),
    source="OpenTelemetry semantic conventions, naming: instrument naming",
)
def kind_against_name(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A `.time` is no counter, or a limit or a usage is one.

    ## Why

    In the conventions `.time` is time that adds up (`process.cpu.time`), while `.limit` and
    `.usage` are amounts that go up and down (`system.memory.usage`). A counter named `.usage` whose
    unit is `1`, or that has none, may say how often something is used, which only goes up.

    ## Bad

    ```python
    limit = meter.create_counter("shop.pool.limit", unit="{worker}", description="Most workers.")
    ```

    ## Use instead

    ```python
    limit = meter.create_up_down_counter("shop.pool.limit", unit="{worker}", description="Most.")
    ```
    """
    name = declaration.name.value or ""
    if name.endswith(".time") and declaration.kind not in ("counter", "histogram"):
        yield Found(
            declaration.position,
            f"{name!r} is a {_named(declaration)}; by convention '.time' is time that adds up",
            "use a counter, or another name",
        )
    elif declaration.kind == "counter" and (
        name.endswith(".limit") or (name.endswith(".usage") and not _has_no_unit(declaration))
    ):
        yield Found(
            declaration.position,
            f"{name!r} is a counter, which never goes down",
            "use an up-down counter, as the conventions do for limits and usage",
        )


def _has_no_unit(declaration: Declaration) -> bool:
    return declaration.unit is None or declaration.unit.value in (None, "1")


@rule(
    "I304",
    "plural-up-down-counter",
    "I",
    profiles=("otel",),
    source="OpenTelemetry semantic conventions, naming: pluralization",
)
def plural_up_down_counter(declaration: Declaration, context: Context) -> Iterator[Found]:
    """An up-down counter has a name in the plural.

    ## Why

    The conventions count events in the plural and name a present amount in the singular with
    `.count`: `shop.cart.count`. They do not always keep to it, hence this informs and no more.

    ## Bad

    ```python
    carts = meter.create_up_down_counter("shop.carts", unit="{cart}", description="Open carts.")
    ```

    ## Use instead

    ```python
    carts = meter.create_up_down_counter("shop.cart.count", unit="{cart}", description="Open.")
    ```
    """
    last = words(declaration.name.value or "")[-1:]
    if (
        declaration.kind == "updowncounter"
        and last
        and last[0] not in UNIT_WORDS
        and singular(last[0]) != last[0]
    ):
        yield Found(
            declaration.name.position,
            f"the up-down counter {declaration.name.value!r} has a name in the plural",
            f"by convention it is '….{singular(last[0])}.count'",
        )


def _named(declaration: Declaration) -> str:
    return {"updowncounter": "up-down counter"}.get(declaration.kind, declaration.kind)
