"""S411: a name that depends on how Prometheus is set up."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule
from ninefold.core import TranslationStrategy, prometheus_name
from ninefold.errors import ConfigurationError


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

    Nearly every OpenTelemetry metric has, which is why this is told only when it is selected.

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
    unit = declaration.unit.value if declaration.unit is not None else ""
    kind = declaration.kind
    if (
        declaration.api not in ("opentelemetry", "ninefold")
        or unit is None
        or kind not in ("counter", "updowncounter", "gauge", "histogram")
    ):
        return
    name = declaration.name.value or ""
    names: dict[str, str] = {}
    try:
        for strategy in TranslationStrategy:
            stored = prometheus_name(name, unit, kind, strategy=strategy)
            names[stored] = f"{names[stored]}, {strategy}" if stored in names else str(strategy)
    except ConfigurationError:
        return  # N101 says that nothing is left of it
    if len(names) > 1:
        shown = "; ".join(f"{stored!r} ({which})" for stored, which in names.items())
        yield Found(
            declaration.name.position,
            f"{name!r} has {len(names)} names in Prometheus: {shown}",
            "write queries for the strategy that your servers use",
        )
