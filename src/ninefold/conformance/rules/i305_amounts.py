"""I305 and I306: uses that do not fit their instrument."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration, Use
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule


@rule(
    "I305",
    "uneven-attributes",
    "W",
    profiles=("otel",),
    source="OpenTelemetry semantic conventions, metrics: UpDownCounters",
)
def uneven_attributes(declaration: Declaration, context: Context) -> Iterator[Found]:
    """An up-down counter is raised and lowered with different attributes.

    ## Why

    Each set of attributes is a series of its own. What is raised in one and lowered in another
    leaves the first too high and the second below zero for ever.

    ## Bad

    ```python
    carts = meter.create_up_down_counter("shop.cart.count", unit="{cart}", description="Carts.")
    carts.add(1, {"shop.channel": "web"})
    carts.add(-1)
    ```

    ## Use instead

    ```python
    carts = meter.create_up_down_counter("shop.cart.count", unit="{cart}", description="Carts.")
    carts.add(1, {"shop.channel": "web"})
    carts.add(-1, {"shop.channel": "web"})
    ```
    """
    if declaration.kind != "updowncounter" or declaration.observable:
        return
    up: list[Use] = []
    down: list[Use] = []
    for use in context.uses.get(declaration, ()):
        if use.method == "add":
            if use.amount is None or not use.is_complete or "" in _keys(use):
                return
            (up if use.amount > 0 else down).append(use)
    raised = {_keys(use) for use in up}
    for use in down:
        if raised and _keys(use) not in raised:
            yield Found(
                use.position,
                f"{declaration.name.value!r} is lowered with {_shown(use)}, and raised with"
                f" {' or '.join(sorted(_shown(each) for each in up))}",
                "give both the same attributes",
            )


def _keys(use: Use) -> frozenset[str]:
    return frozenset(each.key.value or "" for each in use.attributes)


def _shown(use: Use) -> str:
    return ", ".join(sorted(_keys(use))) or "no attributes"


@rule(
    "I306",
    "impossible-use",
    "E",
    about="use",
    exempt=False,
    partly=True,
    source="OpenTelemetry specification, metrics API: counter; prometheus_client",
)
def impossible_use(use: Use, context: Context) -> Iterator[Found]:
    """A counter is lowered, or `labels()` does not fit the declaration.

    ## Why

    prometheus_client raises `ValueError` in both cases, in the middle of a request. OpenTelemetry
    drops a negative amount with a warning.

    ## Bad

    ```python
    from prometheus_client import Counter

    orders = Counter("shop_orders_total", "Orders placed.", ["channel"])
    orders.labels("web", "eu").inc()
    ```

    ## Use instead

    ```python
    from prometheus_client import Counter

    orders = Counter("shop_orders_total", "Orders placed.", ["channel"])
    orders.labels("web").inc()
    ```
    """
    declaration = use.declaration
    if (
        declaration.kind == "counter"
        and not declaration.observable
        and use.method in ("add", "inc")
        and use.amount is not None
        and use.amount < 0
    ):
        yield Found(
            use.position,
            f"the counter {declaration.name.shown!r} is lowered by {-use.amount:g}",
            "use an up-down counter or a gauge for what goes down",
        )
    if use.method != "labels" or not use.is_complete or declaration.callee.endswith("Family"):
        return
    if declaration.labels is None:
        names: list[str | None] = []
    elif declaration.labels.names is None:
        return
    else:
        names = [each.value for each in declaration.labels.names]
    given = [each.key.value for each in use.attributes]
    if None in names:
        return
    has = ", ".join(map(str, names)) or "no labels"
    counted = f"{len(given)} value{'s' * (len(given) != 1)}"
    if None in given or len(given) != len(names):
        yield Found(
            use.position,
            f"labels() is given {counted}, but {declaration.name.shown!r} has {has}",
            "give one value for each label",
        )
    elif sorted(map(str, given)) != sorted(map(str, names)):
        yield Found(
            use.position,
            f"labels() is given {', '.join(map(str, given))}, but {declaration.name.shown!r} has"
            f" {has}",
            "give one value for each label",
        )
