"""S401: `total` at the end of an OpenTelemetry name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found, replaced
from ninefold.conformance._rule import Context, rule

_LAST = re.compile(r"[._-]total\Z", re.IGNORECASE)


@rule(
    "S401",
    "total-in-otel-name",
    "W",
    source="OpenTelemetry semantic conventions: naming, do not use total",
    profiles=("otel",),
    fix="unsafe",
)
def total_in_otel_name(declaration: Declaration, context: Context) -> Iterator[Found]:
    """An OpenTelemetry name ends with `total`.

    ## Why

    `_total` is how Prometheus marks a counter, and is added when a counter is exported there. In
    the OpenTelemetry name it says nothing, other backends show it as it is, and an instrument that
    is no counter keeps it and looks like one.

    ## Bad

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    orders = meter.create_counter("shop.orders.total", unit="{order}", description="Orders placed.")
    ```

    ## Use instead

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
    ```
    """
    name = declaration.name.value or ""
    if declaration.api in ("opentelemetry", "ninefold") and _LAST.search(name):
        short = _LAST.sub("", name)
        yield Found(
            declaration.name.position,
            f"the name {name!r} ends with 'total'",
            f"name it {short!r}: Prometheus's exporter adds '_total' to counters",
            replaced(declaration.name, short, "unsafe"),
        )
