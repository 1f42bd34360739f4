"""S402 and S408: `_total` on counters, and on nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found, replaced
from ninefold.conformance._rule import Context, rule


@rule(
    "S402",
    "counter-total",
    "W",
    source="promlint: counter",
    profiles=("prometheus",),
    exempt=True,
    fix="unsafe",
)
def counter_total(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A counter without `_total` at the end of its name, or something else with it.

    ## Why

    Who reads `_total` in a query expects a counter, and takes its `rate()`; of a gauge that is
    nonsense. A counter without it looks like a gauge. OpenMetrics demands it of every counter.
    `prometheus_client` adds it to a counter by itself, so that there the finding is for information
    only: the name in the code is not the one that is stored.

    ## Bad

    ```python
    from prometheus_client import Gauge

    orders = Gauge("shop_open_orders_total", "Orders that are not delivered yet.")
    ```

    ## Use instead

    ```python
    from prometheus_client import Gauge

    orders = Gauge("shop_open_orders", "Orders that are not delivered yet.")
    ```
    """
    name = declaration.name.value or ""
    if declaration.api in ("opentelemetry", "ninefold"):
        return  # the exporter adds it
    ends = name.endswith("_total")
    if declaration.kind == "counter" and not ends:
        added = declaration.api == "prometheus_client"
        yield Found(
            declaration.name.position,
            f"the counter {name!r} does not end with '_total'",
            f"it is stored as '{name}_total'; write that" if added else f"name it '{name}_total'",
            # What the client adds anyway is stored as before.
            replaced(declaration.name, f"{name}_total", "safe" if added else "unsafe"),
            severity="I" if added else None,
        )
    elif declaration.kind not in ("counter", "unknown") and ends:
        yield Found(
            declaration.name.position,
            f"the {declaration.kind} {name!r} ends with '_total', which says that it is a counter",
            f"name it {name.removesuffix('_total')!r}, or make it a counter",
            replaced(declaration.name, name.removesuffix("_total"), "unsafe"),
        )


@rule(
    "S408",
    "count-total",
    "W",
    source="promlint: counter",
    profiles=("prometheus",),
    exempt=True,
    fix="unsafe",
)
def count_total(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A counter's name ends with `_count_total`.

    ## Why

    `_total` says already that things are counted, and `_count` is what histograms and summaries
    call the number of their observations.

    ## Bad

    ```python
    from prometheus_client import Counter

    orders = Counter("shop_orders_count_total", "Orders placed.")
    ```

    ## Use instead

    ```python
    from prometheus_client import Counter

    orders = Counter("shop_orders_total", "Orders placed.")
    ```
    """
    name = declaration.name.value or ""
    if declaration.api in ("opentelemetry", "ninefold"):
        return
    ended = name.endswith("_count_total")
    if declaration.api == "prometheus_client" and declaration.kind == "counter":
        ended = ended or name.endswith("_count")
    if ended and declaration.kind in ("counter", "unknown"):
        short = name.removesuffix("_total").removesuffix("_count")
        yield Found(
            declaration.name.position,
            f"{short + '_count_total'!r} says twice that it counts",
            f"name it '{short}_total'",
            replaced(declaration.name, f"{short}_total", "unsafe"),
        )
