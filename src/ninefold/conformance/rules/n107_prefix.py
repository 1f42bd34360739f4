"""N107: a name without the organisation's prefix."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found, replaced
from ninefold.conformance._rule import Context, rule
from ninefold.conformance._words import folded


@rule("N107", "missing-prefix", "W", fix="unsafe", source="flake8-prometheus-metrics-name")
def missing_prefix(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A name does not begin with the prefix that the project requires.

    Looked for once `prefix` is set in `[tool.ninefold.check]`; names that are exactly a
    convention's need none.

    ## Why

    With a prefix per team or product everybody sees whose a metric is, and an access rule or a
    cost report needs one pattern. `prefix = "acme"` fits `acme.orders` and `acme_orders_total`.

    ## Bad

    ```python
    # prefix = "acme"
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
    ```

    ## Use instead

    ```python
    # prefix = "acme"
    orders = meter.create_counter("acme.shop.orders", unit="{order}", description="Orders placed.")
    ```
    """
    prefix = context.options.prefix
    name = declaration.name.value or ""
    if prefix and name and not f"{folded(name)}_".startswith(f"{folded(prefix)}_"):
        separator = "." if context.profile(declaration) == "otel" else "_"
        better = f"{prefix.rstrip('._')}{separator}{name}"
        yield Found(
            declaration.name.position,
            f"the name {name!r} does not begin with {prefix!r}",
            f"call it {better!r}",
            replaced(declaration.name, better, "unsafe"),
        )
