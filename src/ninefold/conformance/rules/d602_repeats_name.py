"""D602: a description that says nothing."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule
from ninefold.conformance._words import words


@rule("D602", "description-is-name", "I", source="ninefold")
def description_is_name(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A description only repeats the name.

    ## Why

    It says nothing that the name does not: not what counts as one, nor when it is counted.

    ## Bad

    ```python
    orders = meter.create_counter("shop.orders", unit="{order}", description="Shop orders")
    ```

    ## Use instead

    ```python
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
    ```
    """
    text = declaration.description
    if text is not None and text.value and not context.is_known(declaration):
        said = [each for each in words(text.value) if each not in ("the", "a", "of", "total")]
        name = [each for each in words(declaration.name.value or "") if each != "total"]
        if said and said == name[-len(said) :] and len(said) >= len(name) - 1:
            yield Found(
                text.position,
                f"the description {text.value!r} repeats the name",
                "say what counts as one, and when",
            )
