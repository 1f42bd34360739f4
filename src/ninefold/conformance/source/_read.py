"""Reads Python source into facts: which files are parsed at all, and in which order."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from ninefold.conformance._facts import Facts, Position, Suppression, Unread
from ninefold.conformance._suppressions import may_suppress, suppressions_in
from ninefold.conformance.source._files import Packages, bytes_of, imported, may_declare
from ninefold.conformance.source._finder import Finder

if TYPE_CHECKING:
    from ninefold.conformance._cache import Cache

HELD: Final = 100_000_000
"""Bytes of files that are held for the later rounds; what is beyond is read again."""


class Files:
    """The files of a run: their bytes, and what is seen without parsing them."""

    def __init__(self, root: str) -> None:
        self.finder = Finder((root, os.path.join(root, "src")))
        self.held: dict[str, bytes | None] = {}
        self.unread: list[Unread] = []
        self.packages = Packages()
        self._size = 0
        self._near: dict[str, frozenset[str]] = {}

    def take(self, path: str) -> bytes | None:
        """Read a file; None where that is not possible."""
        try:
            data = bytes_of(path)
        except OSError as error:
            self.unread.append(Unread(Position(path, 1, 1, 1, 1), error.strerror or str(error)))
            return None
        self._size += len(data)
        self.held[path] = data if self._size < HELD else None
        return data

    def data(self, path: str) -> bytes:
        """The bytes of a file that was taken."""
        held = self.held[path]
        if held is not None:
            return held
        try:
            return bytes_of(path)
        except OSError:
            return b""

    def near(self, path: str) -> frozenset[str]:
        """The package that a file is in, and those that it imports from."""
        found = self._near.get(path)
        if found is None:
            names = imported(self.data(path))
            names.add(self.packages.top(path))
            found = self._near[path] = frozenset(names)
        return found


def read(files: Iterable[str], *, root: str = ".", cache: Cache | None = None) -> Facts:
    """The facts in Python files, modules of which are looked up in `root` and `root/src` as well.

    Nothing is imported or run. What cannot be read is in `unread`, and the rest is read. What
    `cache` has of an earlier run is taken from there where reading would give the same.
    """
    taken = Files(os.path.abspath(root))
    if cache is not None:
        from ninefold.conformance.source._remembered import remembered

        return remembered(files, taken, cache)
    declaring: list[str] = []
    suppressions: list[Suppression] = []
    for path in files:
        data = taken.take(path)
        if data is None:
            continue
        if may_declare(data):
            declaring.append(path)
        if may_suppress(data):
            suppressions.extend(suppressions_in(path, data))
    if declaring:
        from ninefold.conformance.source._run import Run

        return Run(taken, declaring).facts(suppressions)
    return Facts((), (), tuple(taken.unread), tuple(suppressions), len(taken.held))
