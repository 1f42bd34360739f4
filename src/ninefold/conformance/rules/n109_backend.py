"""N109: a name that a chosen backend does not keep as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule


class _Backend(NamedTuple):
    """What a backend says of names: their grammar, in words too, and how long they may be."""

    title: str
    grammar: re.Pattern[str]
    says: str
    shortest: int
    longest: int


BACKENDS: Final = {
    "datadog": _Backend(
        "Datadog",
        re.compile(r"[A-Za-z][A-Za-z0-9_.]*"),
        "a letter, then ASCII letters, digits, '_' and '.'",
        1,
        200,
    ),
    "dynatrace": _Backend(
        "Dynatrace",
        re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_][A-Za-z0-9_-]*)*"),
        "sections of ASCII letters, digits, '_' and '-', which begin with no '-', joined by '.'",
        2,
        255,
    ),
}
"""The backends that can be named in `backends` of `[tool.ninefold.check]`."""


@rule(
    "N109",
    "backend-name",
    "W",
    source=(
        "Datadog: what best practices are recommended for naming metrics and tags;"
        " Dynatrace: metric ingestion protocol, OpenTelemetry metrics limitations"
    ),
)
def backend_name(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A chosen backend does not keep the name as it is: by its characters, or its length.

    Looked for once `backends` is set in `[tool.ninefold.check]`, to some of `datadog` and
    `dynatrace`.

    ## Why

    Datadog writes `_` for every other character, and wants 200 characters at most: two names become
    one, and what a dashboard asks for is not what the code says. A key of Dynatrace is sections of
    letters, digits, `_` and `-` joined by `.`, of 2 to 255 characters.

    ## Bad

    ```python
    # backends = ["datadog"]
    orders = meter.create_counter("shop/orders-placed", unit="{order}", description="Orders.")
    ```

    ## Use instead

    ```python
    # backends = ["datadog"]
    orders = meter.create_counter("shop.orders_placed", unit="{order}", description="Orders.")
    ```
    """
    name = declaration.name.value or ""
    for each in context.options.backends:
        backend = BACKENDS[each]
        if not backend.grammar.fullmatch(name):
            yield Found(
                declaration.name.position,
                f"{backend.title} does not keep the name {name!r}",
                f"it takes {backend.says}",
            )
        elif not backend.shortest <= len(name) <= backend.longest:
            counted = f"{len(name)} character{'s' * (len(name) > 1)}"
            yield Found(
                declaration.name.position,
                f"{backend.title} does not keep the name: it has {counted}",
                f"it takes {backend.shortest} to {backend.longest} characters",
            )
