"""Renders the public API as text, so that a change of it is seen in review.

`python tests/packaging/api_snapshot.py --write` renews api-snapshot.txt; `nox -s api` runs that.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

SNAPSHOT = Path(__file__).with_name("api-snapshot.txt")
MODULES = ("ninefold", "ninefold.testing")


class _Written:
    """An annotation as it stands in the code, without the quotes that a string would have."""

    def __init__(self, annotation: object) -> None:
        self._annotation = annotation

    def __repr__(self) -> str:
        return str(self._annotation)


def _written(annotation: object) -> object:
    return _Written(annotation) if isinstance(annotation, str) else annotation


def _default(value: object) -> object:
    # A function is shown by its name: where it lies in memory is another place each time.
    return _Written(value.__qualname__) if inspect.isroutine(value) else value


def _signature(value: Callable[..., object]) -> str:
    """The parameters of a callable, or nothing where Python knows none."""
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return ""
    parameters = [
        parameter.replace(
            annotation=_written(parameter.annotation), default=_default(parameter.default)
        )
        for parameter in found.parameters.values()
    ]
    returned = _written(found.return_annotation)
    return str(found.replace(parameters=parameters, return_annotation=returned))


def _members(cls: type) -> Iterator[str]:
    """The public methods and attributes that the class itself and ours above it define."""
    names = {
        name
        for base in cls.__mro__
        if base.__module__.partition(".")[0] == "ninefold"
        for name in (*vars(base), *vars(base).get("__annotations__", ()))
        if not name.startswith("_")
    }
    for name in sorted(names):
        member = inspect.getattr_static(cls, name, None)
        if isinstance(member, staticmethod | classmethod):
            yield f"  {name}{_signature(getattr(cls, name))}"
        elif inspect.isfunction(member):
            yield f"  {name}{_signature(member)}"
        else:
            yield f"  {name}"


def _described(name: str, value: object) -> Iterator[str]:
    """One public name: what it is, its signature, and a class's members."""
    if isinstance(value, ModuleType):
        yield f"module {name}: {', '.join(sorted(getattr(value, '__all__', ())))}"
    elif isinstance(value, type):
        bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
        made = "" if issubclass(value, BaseException) else _signature(value)
        yield f"class {name}{made}{f' is a {bases}' if bases else ''}"
        yield from _members(value)
    elif callable(value):
        yield f"def {name}{_signature(value)}"
    else:
        yield f"{name}: {type(value).__name__}"


def render() -> str:
    """Every name in the `__all__` of the public modules, in order, with its signature."""
    lines: list[str] = []
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        for name in sorted(module.__all__):
            lines += _described(f"{module_name}.{name}", getattr(module, name))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        SNAPSHOT.write_text(render(), encoding="utf-8")
    else:
        sys.stdout.write(render())
