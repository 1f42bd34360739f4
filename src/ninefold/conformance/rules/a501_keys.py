"""A501: an attribute's key that is badly formed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ninefold.conformance._facts import Use
from ninefold.conformance._finding import Found, replaced
from ninefold.conformance._rule import Context, rule
from ninefold.conformance._words import words

_KEY: Final = re.compile(r"[a-z][a-z0-9]*(?:[._][a-z0-9]+)*")


@rule(
    "A501",
    "attribute-format",
    "W",
    about="use",
    fix="unsafe",
    partly=True,
    profiles=("otel",),
    source="OpenTelemetry semantic conventions, naming; Weaver's policies",
)
def attribute_format(use: Use, context: Context) -> Iterator[Found]:
    """A key of an attribute is not made of lower-case words joined by dots and underscores.

    ## Why

    Keys are compared by every character. `orderType`, `order-type` and `order_type` are three
    dimensions of which a query finds one, and two of them become the same label in Prometheus.

    ## Bad

    ```python
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
    orders.add(1, {"shop.orderType": "gift"})
    ```

    ## Use instead

    ```python
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
    orders.add(1, {"shop.order_type": "gift"})
    ```
    """
    for each in use.attributes:
        key = each.key.value
        if key is None or _KEY.fullmatch(key) or context.registry.attribute(key) is not None:
            continue
        if context.registry.attribute_successor(key) or context.registry.near(key):
            continue  # A502 names the conventional key
        better = ".".join("_".join(words(part)) for part in key.split(".") if words(part))
        yield Found(
            each.key.position,
            f"the key {key!r} is not lower-case words joined by dots and underscores",
            f"call it {better!r}" if better else "name it in plain words",
            replaced(each.key, better, "unsafe") if better else None,
        )
