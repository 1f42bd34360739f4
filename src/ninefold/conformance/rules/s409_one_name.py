"""S409: two OpenTelemetry metrics that are one in Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration, Facts
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule
from ninefold.conformance._stored import stored_as
from ninefold.conformance._together import are_alternatives, comparable

_SERIES = ("_bucket", "_count", "_sum")


@rule(
    "S409",
    "one-prometheus-name",
    "E",
    source="OpenTelemetry specification, compatibility with Prometheus: metric metadata",
    about="run",
    profiles=("otel",),
)
def one_prometheus_name(facts: Facts, context: Context) -> Iterator[Found]:
    """Two OpenTelemetry metrics get the same name in Prometheus, or share a series there.

    ## Why

    Dots become underscores and units become words, so that names which differ in OpenTelemetry need
    not differ in Prometheus. An exporter drops one of the two, or the scrape fails; where the types
    are equal, their series are mixed.

    ## Bad

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    size = meter.create_histogram("shop.cart", unit="By", description="Size of a cart.")
    sent = meter.create_histogram("shop.cart_bytes", unit="{cart}", description="Bytes of carts.")
    ```

    ## Use instead

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    size = meter.create_histogram("shop.cart.size", unit="By", description="Size of a cart.")
    sent = meter.create_histogram("shop.cart.sent", unit="By", description="Bytes sent of carts.")
    ```
    """
    owners: dict[str, Declaration] = {}
    for declaration in sorted(comparable(facts, context, "otel"), key=lambda each: each.position):
        stored = stored_as(declaration)
        if stored is None:
            continue
        series = {stored}
        if declaration.kind == "histogram":
            series |= {stored + suffix for suffix in _SERIES}
        for name in sorted(series):
            first = owners.setdefault(name, declaration)
            # One name declared twice is C701's.
            if first.name.value == declaration.name.value or are_alternatives(first, declaration):
                continue
            how = "" if first.kind == declaration.kind else f", of kind {first.kind},"
            where = f"{first.position.path}:{first.position.line}"
            yield Found(
                declaration.name.position,
                f"{declaration.name.value!r} and {first.name.value!r}{how} "
                f"are both {name!r} in Prometheus",
                f"rename one of the two, here or in {where}, by more than its separators",
                metric=declaration.name.value,
            )
            break
