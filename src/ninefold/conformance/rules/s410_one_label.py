"""S410: attributes that are one label in Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration, Text
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule
from ninefold.core import prometheus_label
from ninefold.errors import ConfigurationError


@rule(
    "S410",
    "one-prometheus-label",
    "E",
    source="OpenTelemetry specification, compatibility with Prometheus: metric attributes",
    partly=True,
    profiles=("otel",),
)
def one_prometheus_label(declaration: Declaration, context: Context) -> Iterator[Found]:
    """Two attributes of a metric become one label in Prometheus.

    ## Why

    `order.kind` and `order_kind` are both `order_kind` there. Where a point has the two, their
    values are joined with `;`; where it has one of them, nobody can tell which it was.

    ## Bad

    ```python
    from opentelemetry.metrics import get_meter

    orders = get_meter("shop").create_counter("shop.orders", unit="{order}", description="Orders.")
    orders.add(1, {"shop.order.kind": "new", "shop.order_kind": "express"})
    ```

    ## Use instead

    ```python
    from opentelemetry.metrics import get_meter

    orders = get_meter("shop").create_counter("shop.orders", unit="{order}", description="Orders.")
    orders.add(1, {"shop.order.kind": "new", "shop.order.delivery": "express"})
    ```
    """
    if declaration.api not in ("opentelemetry", "ninefold"):
        return
    labels: dict[str, str] = {}
    for key in _keys(declaration, context):
        text = key.value
        if text is None:
            continue
        try:
            label = prometheus_label(text)
        except ConfigurationError:
            continue  # A501 judges a key of separators alone
        first = labels.setdefault(label, text)
        if first != text:
            yield Found(
                key.position,
                f"the attributes {first!r} and {text!r} are both the label {label!r} in Prometheus",
                "rename one of the two, or use one key throughout",
            )


def _keys(declaration: Declaration, context: Context) -> Iterator[Text]:
    if declaration.labels is not None:
        yield from declaration.labels.names or ()
    for use in context.uses.get(declaration, ()):
        for attribute in use.attributes:
            yield attribute.key
