"""S404: a colon in a name."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found, replaced
from ninefold.conformance._rule import Context, rule


@rule(
    "S404",
    "colon",
    "W",
    source="promlint: reserved characters; Prometheus, data model",
    profiles=("prometheus",),
    exempt=True,
    fix="unsafe",
)
def colon(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A name holds a colon.

    ## Why

    Colons are kept for the names that recording rules give (`job:shop_orders:rate5m`). A metric of
    a service with one is taken for the outcome of a rule.

    ## Bad

    ```python
    from prometheus_client import Counter

    orders = Counter("shop:orders_total", "Orders placed.")
    ```

    ## Use instead

    ```python
    from prometheus_client import Counter

    orders = Counter("shop_orders_total", "Orders placed.")
    ```
    """
    name = declaration.name.value or ""
    if ":" in name and declaration.api not in ("opentelemetry", "ninefold"):
        yield Found(
            declaration.name.position,
            f"the name {name!r} holds ':', which is kept for recording rules",
            f"name it {name.replace(':', '_')!r}",
            replaced(declaration.name, name.replace(":", "_"), "unsafe"),
        )
