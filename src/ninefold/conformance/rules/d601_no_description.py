"""D601: a metric without a description."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule


@rule("D601", "no-description", "W", source="promlint: help", partly=True)
def no_description(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A metric has no description.

    ## Why

    The description is all that someone has who meets the metric at night, in a query's completion
    or a dashboard's tooltip: what is counted, and when.

    ## Bad

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    orders = meter.create_counter("shop.orders", unit="{order}")
    ```

    ## Use instead

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
    ```
    """
    described = declaration.description
    if described is not None and (described.value is None or described.value.strip()):
        return
    where = declaration.lacking if described is None else described.position
    said = "HELP line" if declaration.api == "exposition" else "description"
    yield Found(
        where,
        f"{declaration.name.shown!r} has no {said}",
        "say in one sentence what is counted or measured",
    )
