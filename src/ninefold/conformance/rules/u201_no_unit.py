"""U201: an instrument without a unit."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule


@rule("U201", "no-unit", "W", profiles=("otel",), source="instrumentation score, MET-002")
def no_unit(declaration: Declaration, context: Context) -> Iterator[Found]:
    """An OpenTelemetry instrument has no unit.

    ## Why

    Without one nobody knows whether 250 are seconds or milliseconds, a chart has no axis, and in
    Prometheus the name lacks the suffix that would say it. What is counted has a unit too: the
    thing, in braces.

    ## Bad

    ```python
    orders = meter.create_counter("shop.orders", description="Orders placed.")
    ```

    ## Use instead

    ```python
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
    ```
    """
    if declaration.unit is None and declaration.api != "exposition":
        yield Found(
            declaration.lacking,
            f"{declaration.name.value!r} has no unit",
            'give it one, as in unit="s", unit="By" or, for what is counted, unit="{request}"',
        )
