"""N101: a name that the API does not accept."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule

_LONGEST = 255
OPENTELEMETRY = re.compile(r"[A-Za-z][A-Za-z0-9_.\-/]*")
_PROMETHEUS = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


@rule(
    "N101",
    "name-grammar",
    "E",
    source="OpenTelemetry specification, metrics API: instrument name syntax",
)
def name_grammar(declaration: Declaration, _: Context) -> Iterator[Found]:
    """A metric's name is outside the grammar of its API, or longer than 255 characters.

    ## Why

    An OpenTelemetry SDK refuses such an instrument or drops it with a warning in a log. A name that
    Prometheus did not allow before its version 3 is refused by older clients, and a server that is
    older cannot scrape it. An OpenTelemetry name is a letter, then letters, digits, `_`, `.`, `-`
    and `/`. A Prometheus name is a letter, `_` or `:`, then the same and digits.

    ## Bad

    ```python
    orders = meter.create_counter("shop.orders count", unit="{order}", description="Orders placed.")
    ```

    ## Use instead

    ```python
    orders = meter.create_counter("shop.orders.count", unit="{order}", description="Orders placed.")
    ```
    """
    name = declaration.name.value or ""
    if declaration.api == "exposition":
        return  # it was read: what is beyond the grammar stood in quotes, as Prometheus 3 has it
    grammar, says = (
        (_PROMETHEUS, "a letter, '_' or ':' and then letters, digits, '_' and ':'")
        if declaration.api == "prometheus_client"
        else (OPENTELEMETRY, "a letter and then letters, digits, '_', '.', '-' and '/'")
    )
    if not grammar.fullmatch(name):
        yield Found(
            declaration.name.position,
            f"the name {name!r} must be {says}" if name else "the name is empty",
            "no instrument is made of it as it is; use only those characters"
            if name
            else "no instrument is made without one; give it a name",
        )
    elif len(name) > _LONGEST and declaration.api != "prometheus_client":
        yield Found(
            declaration.name.position,
            f"the name has {len(name)} characters, and the API takes {_LONGEST} at most",
            "shorten it",
        )
