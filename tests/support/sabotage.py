"""Every function of ours in turn that raises: fault injection, found by looking, not by a list."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest

import ninefold.integrations
import ninefold.sli
import ninefold.telemetry

PACKAGES = (ninefold.integrations, ninefold.sli, ninefold.telemetry)


class OurFault(Exception):
    """What is raised inside of ninefold."""


class Sabotage:
    """Stands in front of every function and method of some packages.

    `reached` says which were called while it was on; the one that is `broken` raises instead.
    """

    def __init__(self) -> None:
        self.on = False
        self.broken: str | None = None
        self.reached: dict[str, int] = {}

    def put_in_place(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Before `setup()`, which takes many of them out of their classes."""
        stand_ins: dict[int, Any] = {}
        for name, function in _functions():
            stand_ins[id(function)] = self._stand_in(name, function)
        for kind in _classes():
            for attribute, member in list(vars(kind).items()):
                if id(member) in stand_ins:
                    monkeypatch.setattr(kind, attribute, stand_ins[id(member)])
                elif isinstance(member, staticmethod) and id(member.__func__) in stand_ins:
                    monkeypatch.setattr(
                        kind, attribute, staticmethod(stand_ins[id(member.__func__)])
                    )
        for module_name, module in list(sys.modules.items()):
            if module_name.startswith("ninefold."):
                for attribute, member in list(vars(module).items()):
                    if id(member) in stand_ins:
                        monkeypatch.setattr(module, attribute, stand_ins[id(member)])

    def _stand_in(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def step() -> None:
            if self.on:
                self.reached[name] = self.reached.get(name, 0) + 1
                if name == self.broken:
                    raise OurFault(name)

        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                step()
                return await function(*args, **kwargs)

            return awaited

        @wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            step()
            return function(*args, **kwargs)

        return called


def _modules() -> Iterator[Any]:
    for package in PACKAGES:
        yield package
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            yield import_module(found.name)


def _classes() -> list[type]:
    return [
        member
        for module in _modules()
        for member in vars(module).values()
        if inspect.isclass(member) and member.__module__ == module.__name__
    ]


def _functions() -> list[tuple[str, Callable[..., Any]]]:
    found: list[tuple[str, Callable[..., Any]]] = []
    for module in _modules():
        for member in vars(module).values():
            if inspect.isfunction(member) and member.__module__ == module.__name__:
                found.append((_short(module.__name__, member.__qualname__), member))
    for kind in _classes():
        for attribute, member in vars(kind).items():
            inner = member.__func__ if isinstance(member, staticmethod) else member
            if inspect.isfunction(inner) and not (
                attribute.startswith("__") and attribute != "__init__"
            ):
                found.append((_short(kind.__module__, inner.__qualname__), inner))
    return found


def _short(module: str, name: str) -> str:
    return f"{module.removeprefix('ninefold.')}:{name}"
