"""N105 and N106: names that get in each other's way."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration, Facts
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule
from ninefold.conformance._together import are_alternatives, comparable, place
from ninefold.conformance._words import folded


@rule(
    "N105",
    "name-is-namespace",
    "W",
    about="run",
    profiles=("otel",),
    source="OpenTelemetry semantic conventions, naming; Weaver's policies",
)
def name_is_namespace(facts: Facts, context: Context) -> Iterator[Found]:
    """A metric's name is the namespace of another metric.

    ## Why

    A backend that shows names as a tree has one node for both, and neither a folder that can be
    charted nor a metric that can be opened. The conventions keep names and namespaces apart.

    ## Bad

    ```python
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
    lines = meter.create_counter("shop.orders.lines", unit="{line}", description="Lines of them.")
    ```

    ## Use instead

    ```python
    orders = meter.create_counter("shop.orders.count", unit="{order}", description="All orders.")
    lines = meter.create_counter("shop.orders.lines", unit="{line}", description="Lines of them.")
    ```
    """
    inner: dict[str, Declaration] = {}
    for each in comparable(facts, context, "otel"):
        name = each.name.value or ""
        while "." in name:
            name = name.rpartition(".")[0]
            inner.setdefault(name, each)
    for each in comparable(facts, context, "otel"):
        name = each.name.value or ""
        other = inner.get(name)
        if other is not None and not context.is_known(each):
            yield Found(
                each.name.position,
                f"{name!r} is also the namespace of {other.name.value!r} ({place(other)})",
                f"give it one more word, as in '{name}.count'",
                metric=name,
                same=other.name.value,
            )


@rule(
    "N106",
    "name-almost-same",
    "E",
    about="run",
    source="OpenTelemetry specification, metrics API: names are case-insensitive",
)
def name_almost_same(facts: Facts, context: Context) -> Iterator[Found]:
    """A name differs from another only by case or separators.

    ## Why

    To OpenTelemetry names that differ by case are one, and the second instrument is a conflicting
    duplicate of the first; names that differ by `.`, `_` and `-` become one in Prometheus. What is
    then stored under the name is a mixture.

    ## Bad

    ```python
    one = meter.create_counter("shop.order_lines", unit="{line}", description="Lines ordered.")
    two = meter.create_counter("shop.order.lines", unit="{line}", description="Lines ordered.")
    ```

    ## Use instead

    ```python
    lines = meter.create_counter("shop.order.lines", unit="{line}", description="Lines ordered.")
    ```
    """
    first: dict[tuple[str, str], Declaration] = {}
    for profile in ("otel", "prometheus"):
        for each in comparable(facts, context, profile):
            name = each.name.value or ""
            if profile == "prometheus":
                name = name.removesuffix("_total")
            other = first.setdefault((profile, folded(name)), each)
            was = other.name.value or ""
            if profile == "prometheus":
                was = was.removesuffix("_total")
            if was != name and not context.is_known(each) and not are_alternatives(other, each):
                yield Found(
                    each.name.position,
                    f"{each.name.value!r} differs from {other.name.value!r} ({place(other)}) only"
                    " by case or separators",
                    "use one of the two names in both places",
                    metric=each.name.value,
                    same=other.name.value,
                )
