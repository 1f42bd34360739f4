"""S411: a name that depends on how Prometheus is set up."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule
from ninefold.conformance._stored import stored_names


@rule(
    "S411",
    "translation-strategies",
    "I",
    source="Prometheus 3: otlp.translation_strategy",
    profiles=("otel",),
    default=False,
)
def translation_strategies(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A metric has different names under Prometheus 3's four translation strategies.

    Nearly every OpenTelemetry metric has, which is why this is told only when it is selected:
    `ninefold check --names` lists them all.

    ## Why

    Rules and dashboards are written for one of the names. A server that is set up otherwise stores
    another, and they find nothing.

    ## Bad

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
    ```

    ## Use instead

    The same name, and one strategy for all servers that receive it.

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    carts = meter.create_up_down_counter("shop_carts", unit="{cart}", description="Open carts.")
    ```
    """
    names: dict[str, str] = {}
    for strategy, stored in stored_names(declaration).items():
        names[stored] = f"{names[stored]}, {strategy}" if stored in names else strategy
    if len(names) > 1:
        shown = "; ".join(f"{stored!r} ({which})" for stored, which in names.items())
        yield Found(
            declaration.name.position,
            f"{declaration.name.value!r} has {len(names)} names in Prometheus: {shown}",
            "write queries for the strategy that your servers use",
        )
