"""N108: a name that is built from data of the running program."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._cardinality import value_without_bound
from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule


@rule(
    "N108",
    "name-from-data",
    "W",
    partly=True,
    source="OpenTelemetry and Prometheus: cardinality; instrumentation score MET-001",
)
def name_from_data(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A name is built from data that has no bound, such as an id or a path.

    ## Why

    Each value makes a metric of its own, which no limit on attributes holds back, and nobody can
    add them up: `shop.orders.17` and `shop.orders.18` have nothing in common. What varies is an
    attribute, and only if it has few values.

    ## Bad

    ```python
    def placed(user_id):
        counter = meter.create_counter(f"shop.{user_id}", unit="{order}", description="Orders.")
        counter.add(1)
    ```

    ## Use instead

    ```python
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")


    def placed():
        orders.add(1)
    ```
    """
    for value in declaration.name.unknown:
        found = value_without_bound(value)
        if found is not None:
            yield Found(
                declaration.name.position,
                f"the name '{declaration.name.shown}' is built from `{found[1]}`",
                "each value makes a metric of its own; make it an attribute if it has few values,"
                " else leave it out",
            )
            return
