"""Turns plain values into the shapes of OpenSLO, and says in its words what does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar, get_args

import msgspec

from ninefold.core import nearest, shown
from ninefold.errors import ConfigurationError

__all__ = ["decode", "unknown"]

T = TypeVar("T")
Tell = Callable[[str, str], ConfigurationError]
"""Makes the error of a path and what is wrong there."""

_FAILED: Final = re.compile(r"(?P<problem>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_STEP: Final = re.compile(r"\.(?P<key>[A-Za-z]+)|\[(?P<place>[0-9]+)\]")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(?P<name>.*)`")
_EXPECTED: Final = re.compile(r"Expected `(?P<types>[^`]*)`, got `[^`]*`")
_WORDS: Final = {
    "str": ("text", "put it into quotes"),
    "float": ("a number", "write it as 0.5, without quotes"),
    "bool": ("true or false", "write it without quotes"),
    "object": ("a mapping", "write its fields as 'key: value'"),
    "array": ("a list", "begin each item with '- '"),
}


def decode(value: object, shape: type[T], tell: Tell, at: str = "") -> T:
    """`value`, which stands at the path `at`, as a `shape`; raises what `tell` makes of a path."""
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        found = _FAILED.fullmatch(str(error))
        assert found is not None  # it matches any text
        steps = _steps(found["path"] or "")
        inside = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps)
        path = f"{at}{inside}".removeprefix(".")
        raise _told(found["problem"], path, _inside(value, steps), shape, steps, tell) from error


def unknown(name: str, choices: Iterable[str]) -> str:
    """The end of a message about a name that is not among `choices`."""
    known = sorted(choices)
    near = nearest(name, known)
    return f"did you mean {near!r}?" if near else f"there are {', '.join(map(repr, known))}"


def _told(
    problem: str, path: str, value: object, shape: type, steps: list[str | int], tell: Tell
) -> ConfigurationError:
    def below(name: str) -> str:
        return f"{path}.{name}" if path else name

    if extra := _UNKNOWN.fullmatch(problem):
        name = extra["name"]
        hint = unknown(name, _fields(shape, steps))
        return tell(below(name), f"is no field that OpenSLO v1 has there; {hint}")
    if missing := _MISSING.fullmatch(problem):
        name = missing["name"]
        return tell(below(name), f"is missing; add '{name}: …' there")
    if expected := _EXPECTED.fullmatch(problem):
        types = [each for each in expected["types"].split(" | ") if each in _WORDS]
        wanted = " or ".join(_WORDS[each][0] for each in types)
        remedy = _WORDS[types[0]][1] if types else "see OpenSLO v1"
        where = path or "the document"
        return tell(where, f"must be {wanted}, got {shown(value)}; {remedy}")
    return tell(path or "the document", f"cannot be meant, got {shown(value)}: {problem.lower()}")


def _steps(path: str) -> list[str | int]:
    return [each["key"] or int(each["place"]) for each in _STEP.finditer(path)]


def _inside(value: object, steps: list[str | int]) -> object:
    for each in steps:
        if isinstance(each, int) and isinstance(value, list | tuple):
            value = value[each]
        elif isinstance(value, Mapping):
            value = value.get(each)
    return value


def _fields(shape: type, steps: list[str | int]) -> list[str]:
    """The fields that are known where `steps` lead to, from `shape` on."""
    for each in steps:
        if isinstance(each, str):
            inside = next(f.type for f in msgspec.structs.fields(shape) if f.encode_name == each)
            shape = _struct_in(inside) or shape
    return [field.encode_name for field in msgspec.structs.fields(shape)]


def _struct_in(annotation: object) -> type[msgspec.Struct] | None:
    """The one struct in an annotation such as `tuple[TimeWindow, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    for part in get_args(annotation):
        if (inside := _struct_in(part)) is not None:
            return inside
    return None
