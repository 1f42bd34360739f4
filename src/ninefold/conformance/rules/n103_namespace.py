"""N103 and N104: a name without a namespace, and one in a namespace that belongs to others."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule


@rule(
    "N103",
    "no-namespace",
    "W",
    profiles=("otel",),
    source="OpenTelemetry semantic conventions, naming",
)
def no_namespace(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A name has no namespace, that is, no dot.

    ## Why

    All metrics of all services meet in one store. `requests` of the shop and `requests` of the mail
    gateway are added up there by whoever forgets to filter; `shop.requests` are the shop's.

    ## Bad

    ```python
    orders = meter.create_counter("orders", unit="{order}", description="Orders placed.")
    ```

    ## Use instead

    ```python
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
    ```
    """
    name = declaration.name.value or ""
    if name and "." not in name:
        yield Found(
            declaration.name.position,
            f"the name {name!r} has no namespace",
            f"begin it with the application's or library's own, as in 'shop.{name}'",
        )


@rule(
    "N104",
    "foreign-namespace",
    "W",
    profiles=("otel",),
    source="OpenTelemetry semantic conventions, naming: recommendations for application developers",
)
def foreign_namespace(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A metric of your own is in a namespace of the conventions, or in `otel`.

    ## Why

    The conventions may define that very name tomorrow, with another unit or instrument; dashboards
    that are made for theirs then read yours. Names that the conventions had and have renamed are
    left to NF-R801.

    ## Bad

    ```python
    slow = meter.create_counter("http.server.slow", unit="{request}", description="Slow ones.")
    ```

    ## Use instead

    ```python
    slow = meter.create_counter("shop.http.slow", unit="{request}", description="Slow ones.")
    ```
    """
    name = declaration.name.value or ""
    start = name.partition(".")[0]
    registry = context.registry
    if "." not in name or registry.metric(name) or registry.successor(name):
        return
    if start == "otel" or start in _starts(context):
        yield Found(
            declaration.name.position,
            f"{name!r} is not one of the conventions' metrics, but is in their namespace {start!r}",
            "begin it with a namespace of your own",
        )


def _starts(context: Context) -> frozenset[str]:
    registry = context.registry

    def found() -> frozenset[str]:
        # A project's own registry extends the conventions'; what it declares is no one else's.
        own: frozenset[str] = getattr(registry, "own", None) or frozenset()
        return frozenset(each.partition(".")[0] for each in registry.metrics if each not in own)

    return context.remembered("first parts", found)
