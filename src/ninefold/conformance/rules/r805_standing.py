"""R805 and R806: conventions that may change, and metrics that no registry declares."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, known_name, rule


@rule(
    "R805",
    "unstable-convention",
    "I",
    source="OpenTelemetry semantic conventions; Weaver's live check: not stable",
)
def unstable_convention(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A metric's convention is not stable yet.

    ## Why

    Its name, unit or attributes may change with any release of the conventions. That is no reason
    not to use it: it is a reason to look at each release's changes.

    ## Bad

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    size = meter.create_histogram(
        "http.server.request.body.size", unit="By", description="Size of requests' bodies."
    )
    ```

    ## Use instead

    A stable one where there is one, or a name in your own namespace that you change when you like.

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    size = meter.create_histogram("shop.upload.size", unit="By", description="Size of uploads.")
    ```
    """
    name = known_name(declaration, context.registry)
    fact = context.registry.metric(name) if name is not None else None
    if fact is None or "deprecated" in fact or name in (context.registry.own or ()):
        return
    stability = str(fact["stability"])
    if stability != "stable":
        yield Found(
            declaration.name.position,
            f"the convention of {name!r} is not stable but {stability.replace('_', ' ')!r}",
            "expect changes with new releases of the conventions",
        )


@rule(
    "R806",
    "not-in-own-registry",
    "W",
    source="Weaver's live check: missing metric",
)
def not_in_own_registry(declaration: Declaration, context: Context) -> Iterator[Found]:
    """The project has a registry, and it does not declare the metric.

    Asked only where `registry` in `[tool.ninefold.check]` names one.

    ## Why

    The registry is where people look up what a metric means, and what reviews, documentation and
    code are made from. A metric beside it is one that nobody agreed on.

    ## Bad

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    orders = meter.create_counter("shop.undeclared", unit="{order}", description="Orders placed.")
    ```

    ## Use instead

    The name that the registry has, or a declaration of this one there.

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
    ```
    """
    registry = context.registry
    if registry.own is None or declaration.api == "exposition":
        return
    name = declaration.name.value or ""
    known = name if declaration.api != "prometheus_client" else registry.of_prometheus(name)
    if declaration.api == "prometheus_client" and declaration.kind == "counter":
        known = registry.of_prometheus(f"{name.removesuffix('_total')}_total")
    if known is None or registry.metric(known) is None:
        if known is not None and registry.successor(known) is not None:
            return  # R801 says what it has become
        yield Found(
            declaration.name.position,
            f"{name!r} is not in the project's registry",
            "declare it there, or use a name that is declared",
        )
