"""C703: a metric that is called as an attribute is."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Facts
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule
from ninefold.conformance._together import comparable


@rule(
    "C703",
    "metric-is-attribute",
    "W",
    about="run",
    profiles=("otel",),
    source="instrumentation score, MET-006",
)
def metric_is_attribute(facts: Facts, context: Context) -> Iterator[Found]:
    """A metric has the name of an attribute, of the conventions or of the project.

    ## Why

    In a query editor both come up under the same name, and a backend that stores both in one index
    has a clash of types.

    ## Bad

    ```python
    kinds = meter.create_counter("error.type", unit="{error}", description="Errors.")
    ```

    ## Use instead

    ```python
    errors = meter.create_counter("shop.errors", unit="{error}", description="Errors.")
    ```
    """
    own = {each.key.value for use in facts.uses for each in use.attributes}
    for each in comparable(facts, context, "otel"):
        name = each.name.value or ""
        if context.is_known(each):
            continue
        fact = context.registry.attribute(name)
        is_exact = fact is not None and name in set(context.registry.attributes)
        if is_exact or ("." in name and name in own):
            whose = "the conventions have" if is_exact else "the project uses"
            yield Found(
                each.name.position,
                f"{whose} an attribute that is called {name!r} too",
                "give the metric another name",
                metric=name,
            )
