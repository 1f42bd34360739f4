"""N103 and N104: a name without a namespace, and one in a namespace that belongs to others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, Registry, rule
from ninefold.conformance._words import words


@rule(
    "N103",
    "no-namespace",
    "W",
    profiles=("otel",),
    source="OpenTelemetry semantic conventions, naming",
)
def no_namespace(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A name has no namespace, that is, no dot.

    One that begins with the name of the meter or of the package it is declared in, as Prometheus
    names do, has one all the same.

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
    if name and "." not in name and not _begins_with_owner(name, declaration):
        joint = "_" if declaration.api == "prometheus_client" else "."
        yield Found(
            declaration.name.position,
            f"the name {name!r} has no namespace",
            "begin it with the application's or library's own, as in "
            f"'shop{joint}{'_'.join(words(name)) or 'orders'}'",
        )


def _begins_with_owner(name: str, declaration: Declaration) -> bool:
    """Whether the first word of a name is a folder of its file, or the first word of its meter."""
    start, separator, _ = name.lower().partition("_")
    if not separator:
        return False
    path = declaration.position.path.replace("\\", "/").lower()
    meter = (declaration.scope.value or "") if declaration.scope is not None else ""
    return start in path.split("/")[:-1] or start in words(meter)[:1]


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
    left to NF-R801, and namespaces that have moved to a registry of their own to that registry.

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
        return frozenset(
            each.partition(".")[0]
            for each in registry.metrics
            if each not in own and not _has_moved(each, registry)
        )

    return context.remembered("first parts", found)


def _has_moved(name: str, registry: Registry) -> bool:
    """Whether a metric is another registry's now, which alone can tell what else is in there."""
    fact = registry.metric(name) or {}
    deprecated: Mapping[str, str] = fact.get("deprecated") or {}
    return deprecated.get("reason") == "moved"
