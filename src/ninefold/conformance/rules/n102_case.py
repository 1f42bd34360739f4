"""N102: a name that is not lower-case words joined by dots and underscores."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found, replaced
from ninefold.conformance._rule import Context, rule
from ninefold.conformance._words import words
from ninefold.conformance.rules.n101_grammar import OPENTELEMETRY

_LOWER = re.compile(r"[a-z][a-z0-9]*(?:[._][a-z0-9]+)*")


@rule(
    "N102",
    "name-case",
    "W",
    fix="unsafe",
    profiles=("otel",),
    source="OpenTelemetry semantic conventions, naming; Weaver's policies",
)
def name_case(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A name is not made of lower-case words joined by dots and underscores.

    ## Why

    OpenTelemetry compares instrument names without regard to case, Prometheus with regard to it,
    and `-` and `/` become `_` on the way. A name in plain lower case is the same everywhere, and is
    found by whoever knows the other names.

    ## Bad

    ```python
    orders = meter.create_counter("shop.OrderCount", unit="{order}", description="Orders placed.")
    ```

    ## Use instead

    ```python
    orders = meter.create_counter("shop.order.count", unit="{order}", description="Orders placed.")
    ```
    """
    name = declaration.name.value or ""
    if OPENTELEMETRY.fullmatch(name) and not _LOWER.fullmatch(name):
        better = ".".join("_".join(words(each)) for each in re.split(r"[./]", name) if words(each))
        yield Found(
            declaration.name.position,
            f"the name {name!r} is not lower-case words joined by dots and underscores",
            f"call it {better!r}",
            replaced(declaration.name, better, "unsafe"),
        )
