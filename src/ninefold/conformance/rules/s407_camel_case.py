"""S407: names in camel case."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found, replaced
from ninefold.conformance._rule import Context, rule

_HUMP = re.compile(r"[a-z][A-Z]")


@rule(
    "S407",
    "camel-case",
    "W",
    source="promlint: camel case",
    profiles=("prometheus",),
    exempt=True,
    fix="unsafe",
)
def camel_case(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A metric's or label's name is written in camel case.

    ## Why

    Prometheus's names are words joined by underscores. One that is written otherwise is mistyped in
    queries, which then find nothing and say nothing.

    ## Bad

    ```python
    from prometheus_client import Counter

    orders = Counter("shop_orders_total", "Orders placed.", ["paymentMethod"])
    ```

    ## Use instead

    ```python
    from prometheus_client import Counter

    orders = Counter("shop_orders_total", "Orders placed.", ["payment_method"])
    ```
    """
    if declaration.api in ("opentelemetry", "ninefold"):
        return  # N102 and A501 judge those
    name = declaration.name.value or ""
    if _HUMP.search(name):
        yield Found(
            declaration.name.position,
            f"the name {name!r} is written in camel case",
            f"name it {_snake(name)!r}",
            replaced(declaration.name, _snake(name), "unsafe"),
        )
    for label in (declaration.labels.names if declaration.labels else None) or ():
        text = label.value or ""
        if _HUMP.search(text):
            yield Found(
                label.position,
                f"the label {text!r} is written in camel case",
                f"name it {_snake(text)!r}",
                replaced(label, _snake(text), "unsafe"),
            )


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
