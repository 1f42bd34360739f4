"""I303: the instrument's type in the name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found, replaced
from ninefold.conformance._rule import Context, rule
from ninefold.conformance._words import words

# What is in front is what is measured: `gauge.pressure` is of a gauge.
_WORDS: Final = r"(counter|gauge_?histogram|gauge|histogram|summary)(?=[._]|\Z)"
_KIND: Final = re.compile(rf"(?<=[._]){_WORDS}", re.IGNORECASE)
_KIND_AND_BEFORE: Final = re.compile(rf"[._]{_WORDS}", re.IGNORECASE)


@rule("I303", "kind-in-name", "W", fix="unsafe", source="promlint: metric type in name")
def kind_in_name(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A name says of which type the metric is: `shop_orders_counter`.

    ## Why

    The type is told beside the name, by every backend. In the name it is one word more in each
    query, and it is wrong as soon as the type is changed.

    ## Bad

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    orders = meter.create_counter("shop.orders.counter", unit="{order}", description="Orders.")
    ```

    ## Use instead

    ```python
    from opentelemetry.metrics import get_meter

    meter = get_meter("shop")
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders.")
    ```
    """
    name = declaration.name.value or ""
    better = _KIND_AND_BEFORE.sub("", name)
    # One word that is left says too little to be a name.
    is_name = len(words(better)) > 1
    for word in dict.fromkeys(match[1].lower() for match in _KIND.finditer(name)):
        yield Found(
            declaration.name.position,
            f"the name {name!r} holds the type {word!r}",
            f"call it {better!r}" if is_name else "leave the type out of the name",
            replaced(declaration.name, better, "unsafe") if is_name else None,
        )
