"""X001 to X003: what the run itself has to say."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration, Facts
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule


@rule("X001", "unused-suppression", "W", about="run", fix="safe", source="ruff: unused noqa")
def unused_suppression(facts: Facts, context: Context) -> Iterator[Found]:
    """A suppression accepts nothing, or has expired.

    ## Why

    A comment that is no longer needed hides the next finding on its line, which nobody has
    accepted.

    ## Bad

    ```python
    orders = meter.create_counter(
        "shop.orders",
        unit="{order}",  # noqa: NF-U202
        description="Orders placed.",
    )
    ```

    ## Use instead

    ```python
    orders = meter.create_counter(
        "shop.orders",
        unit="{order}",
        description="Orders placed.",
    )
    ```
    """
    # The engine says it, once all others have spoken.
    return iter(())


@rule("X002", "unread", "E", about="run", source="ninefold")
def unread(facts: Facts, context: Context) -> Iterator[Found]:
    """A file, or a line of one, could not be read, or a rule failed on it. The rest was checked.

    ## Why

    What was not read was not checked, and must not pass for clean: the exit code is 2, and this is
    told whichever rules are chosen and whatever is spared.

    Told are also a path that is not there, a folder in which there is no Python, an exposition that
    is empty, and a rule of another distribution that cannot be loaded. In a folder a file that
    neither makes nor records a metric is not parsed: what is wrong with it is for other tools to
    say. One that is named itself is.

    ## Bad

    ```python
    orders = meter.create_counter("shop.orders" unit="{order}")
    ```

    ## Use instead

    ```python
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
    ```
    """
    for each in facts.unread:
        remedy = each.remedy or "mend it, or leave the file out of the run"
        yield Found(each.position, each.why, remedy, metric="")


@rule("X003", "unresolved-name", "I", partly=True, source="ninefold")
def unresolved_name(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A metric's name could not be told from the source, so that it was not checked.

    ## Why

    Nothing is skipped in silence. Names are followed through constants, imports, classes, enums,
    f-strings, loops over literals, `functools.partial` and functions that pass them on; what comes
    from a parameter, a setting or a call is only known when the program runs.

    ## Bad

    ```python
    import os

    orders = meter.create_counter(
        os.environ["PREFIX"] + ".orders", unit="{order}", description="Orders placed."
    )
    ```

    ## Use instead

    ```python
    PREFIX = "shop"
    orders = meter.create_counter(f"{PREFIX}.orders", unit="{order}", description="Orders placed.")
    ```
    """
    if not declaration.is_resolved:
        why = declaration.name.why or "it is only known when it runs"
        yield Found(
            declaration.name.position,
            f"the name '{declaration.name.shown}' could not be resolved: {why}",
            "give it as text or a constant to have it checked",
        )
