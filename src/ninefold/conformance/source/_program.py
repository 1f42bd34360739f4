"""The modules that a run has parsed: those it reads, and those it has to look something up in."""

from __future__ import annotations

import warnings
from typing import Final

from ninefold.conformance._facts import Position, Unread
from ninefold.conformance.source._finder import Finder, read_source
from ninefold.conformance.source._module import Module

FAULTS = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What parsing can raise."""
TOO_DEEP: Final = "the source is nested too deeply to be read"


class Program:
    """Modules by their paths; each is parsed at most once."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._modules: dict[str, Module | None] = {}
        self._shown: dict[str, str] = {}

    def reads(self, path: str, shown: str) -> None:
        """Take note of a file of the run, and how findings call it."""
        self._shown[path] = shown

    def add(self, path: str, data: bytes) -> Module:
        """Parse a file of the run, unless it was. Raises what is in `FAULTS`."""
        module = self._modules.get(path)
        if module is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                module = Module(path, self._shown[path], data, is_read=True)
            self._modules[path] = module
        return module

    def at(self, path: str) -> Module | None:
        """The module at a path, parsed now if it was not; None where that is not possible."""
        if path not in self._modules:
            self._modules[path] = None
            data = read_source(path)
            if data is not None:
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        shown = self._shown.get(path)
                        self._modules[path] = Module(
                            path, shown or path, data, is_read=shown is not None
                        )
                except FAULTS:
                    pass
        return self._modules[path]

    def named(self, name: str, near: str) -> Module | None:
        """The module that a file of the root `near` imports as `name`."""
        path = self._finder.find(name, near)
        return None if path is None else self.at(path)

    def contents(self) -> dict[str, bytes | None]:
        """The modules that were asked for and what is in them; None for what cannot be parsed."""
        return {
            path: read_source(path) if module is None else module.data
            for path, module in self._modules.items()
        }


def start_of(path: str) -> Position:
    """Where a file begins: for what is wrong with all of it."""
    return Position(path, 1, 1, 1, 1)


def unparsed(path: str, error: BaseException) -> Unread:
    """What is said of a file that could not be parsed, for one of `FAULTS`."""
    if isinstance(error, SyntaxError):
        line, column = max(error.lineno or 1, 1), max(error.offset or 1, 1)
        why = f"not valid Python: {error.msg}"
        return Unread(Position(path, line, column, line, column + 1), why)
    if isinstance(error, (RecursionError, MemoryError)):
        return Unread(start_of(path), TOO_DEEP)
    return Unread(start_of(path), f"not valid Python: {error}")
