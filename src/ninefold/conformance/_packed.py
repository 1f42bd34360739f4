"""Facts as plain lists, and back: what a cache can hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ninefold.conformance._facts import (
    Attribute,
    Buckets,
    Declaration,
    Labels,
    Position,
    Suppression,
    Text,
    Unread,
    Use,
    Value,
)

_TUPLE: Final = 0
_KINDS: Final[tuple[type[Any], ...]] = (
    tuple, Position, Text, Buckets, Labels, Value, Attribute, Unread, Suppression, Declaration, Use,
)  # fmt: skip
_NUMBERS: Final[Mapping[type[Any], int]] = {kind: number for number, kind in enumerate(_KINDS)}


def _names(kind: type[Any]) -> tuple[str, ...]:
    names: tuple[str, ...] = getattr(kind, "_fields", ()) or getattr(kind, "__slots__", ())
    return names


_NAMES: Final = tuple(map(_names, _KINDS))
_USE: Final = _NUMBERS[Use]
_OF: Final = Use.__slots__.index("declaration")
_BY_NAME: Final = frozenset({_NUMBERS[Declaration], _USE})


def packed(value: object, declarations: Mapping[Declaration, int] | None = None) -> Any:
    """A fact, or a tuple of them; a use names its declaration by its number."""
    number = _NUMBERS.get(type(value))
    if number is None:
        return value
    if number == _TUPLE:
        assert isinstance(value, tuple)
        return [_TUPLE, *(packed(each, declarations) for each in value)]
    given = [getattr(value, name) for name in _NAMES[number]]
    if number == _USE and declarations is not None:
        given[_OF] = declarations[given[_OF]]
    return [number, *(packed(each) for each in given)]


def unpacked(value: Any, declarations: tuple[Declaration, ...] = ()) -> Any:
    """What was packed. Raises where it was not."""
    if type(value) is not list:
        return value
    listed: list[Any] = value
    number, *rest = listed
    given = [unpacked(each) for each in rest]
    if number == _TUPLE:
        return tuple(given)
    if number == _USE:
        given[_OF] = declarations[given[_OF]]
    if number in _BY_NAME:
        names: tuple[str, ...] = _NAMES[number]
        return _KINDS[number](**{names[at]: each for at, each in enumerate(given)})
    return _KINDS[number](*given)


def numbered(declarations: Iterable[Declaration]) -> dict[Declaration, int]:
    """Declarations by their numbers."""
    return {each: number for number, each in enumerate(declarations)}
