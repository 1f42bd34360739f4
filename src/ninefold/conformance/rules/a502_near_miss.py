"""A502: an attribute that nearly is one of the conventions."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._cardinality import key_without_bound, personal_key
from ninefold.conformance._facts import Use
from ninefold.conformance._finding import Found, replaced
from ninefold.conformance._rule import Context, rule


@rule(
    "A502",
    "near-miss",
    "W",
    source="OpenTelemetry semantic conventions, attribute registry and its renames",
    about="use",
    partly=True,
    profiles=("otel",),
    fix="unsafe",
)
def near_miss(use: Use, context: Context) -> Iterator[Found]:
    """An attribute's key is an old name of a convention's, or a misspelling of one.

    ## Why

    `http.status_code` and `http.response.status_code` are two labels, and half of the series has
    the one, half the other. Whoever filters by one misses the rest without a sign.

    ## Bad

    ```python
    from opentelemetry.metrics import get_meter

    orders = get_meter("shop").create_counter("shop.orders", unit="{order}", description="Orders.")
    orders.add(1, {"http.status_code": 200})
    ```

    ## Use instead

    ```python
    from opentelemetry.metrics import get_meter

    orders = get_meter("shop").create_counter("shop.orders", unit="{order}", description="Orders.")
    orders.add(1, {"http.response.status_code": 200})
    ```
    """
    registry = context.registry
    if use.declaration.api not in ("opentelemetry", "ninefold"):
        return
    name = use.declaration.name.value
    listed = ((registry.metric(name) if name else None) or {}).get("attributes", {})
    for attribute in use.attributes:
        key = attribute.key.value
        # A deprecated metric goes with deprecated attributes; it is told itself.
        if not key or key in listed:
            continue
        fact = registry.attribute(key)
        if fact is not None and "deprecated" not in fact:
            continue
        # The conventions have had bare words, as `type`, that were meant for one metric alone.
        known = registry.attribute_successor(key) if "." in key else None
        how = "is an old name of"
        if known is None and fact is None:
            known, how = registry.near(key), "is nearly"
        # What is to be left out (A507, A508) is not to be spelled better first.
        sure = key_without_bound(key) or personal_key(key)
        is_told = sure == "certain" and not attribute.value.is_known
        if known is not None and not is_told:
            yield Found(
                attribute.key.position,
                f"the attribute {key!r} {how} {known!r}",
                f"write {known!r}, or a key in your own namespace if it means something else",
                replaced(attribute.key, known, "unsafe"),
            )
