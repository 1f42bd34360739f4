"""A503 and A504: values that an attribute of the conventions does not take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ninefold.conformance._facts import Use, Value
from ninefold.conformance._finding import Found, Severity
from ninefold.conformance._rule import Context, rule

_GIVEN_BY: Mapping[str, str] = MappingProxyType(
    {"str": "string", "repr": "string", "int": "int", "len": "int", "float": "double"}
)
# Booleans are ints to Python; an int is as good as a double where one is wanted.
_FITS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "string": ("string",),
        "int": ("int",),
        "double": ("double", "int"),
        "boolean": ("boolean",),
    }
)
_ANY_VALUE = frozenset({"_OTHER", "other"})


@rule(
    "A503",
    "attribute-type",
    "E",
    source="OpenTelemetry semantic conventions; Weaver's live check: type mismatch",
    about="use",
    partly=True,
    profiles=("otel",),
)
def attribute_type(use: Use, context: Context) -> Iterator[Found]:
    """An attribute of the conventions, or of the project's registry, is set to another type.

    ## Why

    `200` and `"200"` are two values to most backends: a query for one does not find the other, and
    comparisons such as `>= 500` fail on text.

    ## Bad

    ```python
    from opentelemetry.metrics import get_meter

    orders = get_meter("shop").create_counter("shop.orders", unit="{order}", description="Orders.")
    orders.add(1, {"http.response.status_code": "200"})
    ```

    ## Use instead

    ```python
    from opentelemetry.metrics import get_meter

    orders = get_meter("shop").create_counter("shop.orders", unit="{order}", description="Orders.")
    orders.add(1, {"http.response.status_code": 200})
    ```
    """
    for key, fact, value in _known(use, context):
        given = _type_of(value)
        wanted = _wanted(fact["type"])
        if given is None or wanted is None:
            continue
        if given not in _FITS.get(wanted, ()):
            shown = f" ({value.literal!r})" if value.is_known else ""
            yield Found(
                value.position,
                f"the attribute {key!r} must be of type {wanted}, got {given}{shown}",
                f"give a value of type {wanted}",
            )


@rule(
    "A504",
    "attribute-member",
    "W",
    source="OpenTelemetry semantic conventions; Weaver's live check: undefined enum variant",
    about="use",
    partly=True,
    profiles=("otel",),
)
def attribute_member(use: Use, context: Context) -> Iterator[Found]:
    """An attribute is set to a value that is none of those that its convention lists.

    The lists are open, so that a value of one's own is told for information only; one that is
    nearly a listed value is a warning.

    ## Why

    `get` beside `GET` makes two series of one method, and every query counts half.

    ## Bad

    ```python
    from opentelemetry.metrics import get_meter

    orders = get_meter("shop").create_counter("shop.orders", unit="{order}", description="Orders.")
    orders.add(1, {"http.request.method": "get"})
    ```

    ## Use instead

    ```python
    from opentelemetry.metrics import get_meter

    orders = get_meter("shop").create_counter("shop.orders", unit="{order}", description="Orders.")
    orders.add(1, {"http.request.method": "GET"})
    ```
    """
    for key, fact, value in _known(use, context):
        members = fact["type"]
        literal = value.literal
        if not value.is_known or not isinstance(literal, str) or not isinstance(members, list):
            continue
        texts = [each for each in members if isinstance(each, str)]
        # A list of the remainder alone, as that of `error.type`, lists nothing.
        if literal in texts or not set(texts) - _ANY_VALUE:
            continue
        near = _near(literal, texts)
        severity: Severity = "I" if near is None else "W"
        yield Found(
            value.position,
            f"{literal!r} is no value that {key!r} lists" + (f"; {near!r} is" if near else ""),
            f"write {near!r}" if near else f"use one of its {len(texts)} values where one fits",
            severity=severity,
        )


def _known(use: Use, context: Context) -> Iterator[tuple[str, Mapping[str, Any], Value]]:
    if use.declaration.api not in ("opentelemetry", "ninefold"):
        return
    for attribute in use.attributes:
        key = attribute.key.value
        # The conventions have had bare words, as `state`, that were meant for one metric alone.
        fact = context.registry.attribute(key) if key and "." in key else None
        if key and fact is not None:
            yield key, fact, attribute.value


def _type_of(value: Value) -> str | None:
    if value.is_known:
        match value.literal:
            case bool():
                return "boolean"
            case int():
                return "int"
            case float():
                return "double"
            case str():
                return "string"
            case _:
                return None
    if value.kind == "fstring":
        return "string"
    if value.kind == "call":
        return _GIVEN_BY.get(value.dotted)
    return None


def _wanted(declared: str | Sequence[Any]) -> str | None:
    if not isinstance(declared, str):
        kinds = {type(each) for each in declared}
        if kinds == {str}:
            return "string"
        return "int" if kinds == {int} else None
    inner = declared.removeprefix("template[").removesuffix("]") if "template" in declared else None
    kind = inner or declared
    # `any` takes all, and of a list it is not known here what is in it.
    return kind if kind in _FITS else None


def _near(literal: str, members: Sequence[str]) -> str | None:
    def bare(text: str) -> str:
        return "".join(letter for letter in text.lower() if letter.isalnum())

    wanted = bare(literal)
    for member in members:
        if bare(member) == wanted:
            return member
    # As `postgres` for `postgresql`.
    longer = [each for each in members if len(wanted) >= 5 and bare(each).startswith(wanted)]
    return longer[0] if len(longer) == 1 else None
