"""Reads Python source into facts: which files are parsed at all, and in which order."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import Final

from ninefold.conformance._facts import Facts, Position, Suppression, Unread
from ninefold.conformance._suppressions import may_suppress, suppressions_in
from ninefold.conformance.source._module import Finder, Module, root_and_name
from ninefold.conformance.source._program import FAULTS, Program
from ninefold.conformance.source._reader import Reader

_CREATES: Final = re.compile(rb"create_(?:observable_)?(?:up_down_)?(?:counter|gauge|histogram)")
_RECORDS: Final = re.compile(rb"\.(?:add|record|set|inc|dec|observe|labels|add_metric)\(")
_RECORDING: Final = (b".add(", b".record(", b".set(", b".inc(", b".dec(", b".observe(", b".labels(")
_LAST_NAME: Final = re.compile(rb"(\w+)\Z")
_LONGEST_NAME: Final = 80
_IMPORTS: Final = re.compile(rb"^[ \t]*(?:from|import)[ \t]+([A-Za-z_][A-Za-z0-9_]*)", re.MULTILINE)
_MOST_ROUNDS: Final = 3
_HELD: Final = 100_000_000
"""Bytes of files that are held for the later rounds; what is beyond is read again."""


def read(files: Iterable[str], *, root: str = ".") -> Facts:
    """The facts in Python files, modules of which are looked up in `root` and `root/src` as well.

    Nothing is imported or run. What cannot be read is in `unread`, and the rest is read.
    """
    run = _Run(os.path.abspath(root))
    for path in files:
        run.take(path)
    return run.facts()


def may_declare(data: bytes) -> bool:
    """Whether a file is worth parsing: most declare nothing, and bytes are looked through fast."""
    return (
        b"prometheus_client" in data
        or (b"create_" in data and _CREATES.search(data) is not None)
        or (b"semconv" in data and b"metrics" in data and b"create_" in data)
        or (b"ninefold.registry" in data and b"Metric(" in data)
    )


class _Run:
    """One run over files."""

    def __init__(self, root: str) -> None:
        self._program = Program(Finder((root, os.path.join(root, "src"))))
        self._reader = Reader(self._program)
        self._held: dict[str, bytes | None] = {}
        self._size = 0
        self._declaring: list[str] = []
        self._parsed: dict[str, Module | None] = {}
        self._unread: list[Unread] = []
        self._suppressions: list[Suppression] = []
        self._seen_tops: dict[str, frozenset[str]] = {}

    def take(self, path: str) -> None:
        """Read a file's bytes, and see whether it must be parsed."""
        try:
            data = _bytes_of(path)
        except OSError as error:
            self._unread.append(Unread(_start(path), error.strerror or str(error)))
            return
        self._size += len(data)
        self._held[path] = data if self._size < _HELD else None
        self._program.reads(os.path.abspath(path), path)
        if may_declare(data):
            self._declaring.append(path)
        if may_suppress(data):
            self._suppressions.extend(suppressions_in(path, data))

    def facts(self) -> Facts:
        """What the files declare and record."""
        for path in self._declaring:
            self._look(path, self._reader.declares)
        self._follow_wrappers()
        self._follow_uses()
        try:
            declarations, uses = self._reader.finish()
        except RecursionError:
            declarations, uses = [], []
            self._unread.append(Unread(_start("."), "the source is nested too deeply to be read"))
        return Facts(
            tuple(declarations),
            tuple(uses),
            tuple(self._unread),
            tuple(self._suppressions),
            len(self._held),
        )

    def _follow_wrappers(self) -> None:
        """Find the calls of functions that only pass a name on; such calls may stand in others."""
        done: set[int] = set()
        for _ in range(_MOST_ROUNDS):
            found = self._reader.wrappers()
            names = {name for name, nodes in found.items() if not nodes <= done}
            if not names:
                return
            done.update(*found.values())
            by_top = _by_top(names)
            patterns: dict[frozenset[str], re.Pattern[bytes]] = {}
            for path in self._held:
                near = frozenset(self._tops(path) & by_top.keys())
                if not near:
                    continue
                wanted = set().union(*(by_top[each] for each in near))
                if near not in patterns:
                    words = b"|".join(re.escape(each).encode() for each in sorted(wanted))
                    patterns[near] = re.compile(rb"\b(?:" + words + rb")\b")
                is_new = path not in self._parsed
                if patterns[near].search(self._data(path)):

                    def look(
                        module: Module, wanted: set[str] = wanted, is_new: bool = is_new
                    ) -> None:
                        self._reader.calls(module, wanted, is_new=is_new)

                    self._look(path, look)

    def _tops(self, path: str) -> frozenset[str]:
        """The package that a file is in, and those that it imports from."""
        found = self._seen_tops.get(path)
        if found is None:
            data = self._data(path)
            names = {each.decode() for each in _IMPORTS.findall(data)}
            names.add(root_and_name(os.path.abspath(path))[1].partition(".")[0])
            found = self._seen_tops[path] = frozenset(names)
        return found

    def _follow_uses(self) -> None:
        """Look into files that declare nothing for uses of what others have declared."""
        by_top = _by_top(self._reader.names())
        if not by_top:
            return
        for path in self._held:
            if path in self._declaring:
                continue
            data = self._data(path)
            if not any(each in data for each in _RECORDING):
                continue
            near = self._tops(path) & by_top.keys()
            if not near:
                continue
            names = {name.encode() for each in near for name in by_top[each]}
            for match in _RECORDS.finditer(data):
                end = match.start()
                before = _LAST_NAME.search(data, max(0, end - _LONGEST_NAME), end)
                if before is not None and before.group(1) in names:
                    self._look(path, self._reader.uses_in)
                    break

    def _look(self, path: str, look: Callable[[Module], None]) -> None:
        if path not in self._parsed:
            self._parsed[path] = None
            try:
                self._parsed[path] = self._program.add(os.path.abspath(path), self._data(path))
            except FAULTS as error:
                self._unread.append(_unparsed(path, error))
        module = self._parsed[path]
        if module is None:
            return
        try:
            look(module)
        except RecursionError:
            self._parsed[path] = None
            self._unread.append(Unread(_start(path), "the source is nested too deeply to be read"))

    def _data(self, path: str) -> bytes:
        held = self._held[path]
        if held is not None:
            return held
        try:
            return _bytes_of(path)
        except OSError:
            return b""


def _by_top(names: Iterable[str]) -> dict[str, set[str]]:
    """Names by the package that they are found in."""
    found: dict[str, set[str]] = {}
    for each in names:
        top, _, name = each.partition(":")
        found.setdefault(top, set()).add(name)
    return found


def _bytes_of(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        size = os.fstat(descriptor).st_size
        data = os.read(descriptor, size + 1)
        while len(data) > size:  # it has grown, or is no plain file
            more = os.read(descriptor, 1 << 20)
            if not more:
                break
            data += more
        return data
    finally:
        os.close(descriptor)


def _start(path: str) -> Position:
    return Position(path, 1, 1, 1, 1)


def _unparsed(path: str, error: BaseException) -> Unread:
    if isinstance(error, SyntaxError):
        line, column = max(error.lineno or 1, 1), max(error.offset or 1, 1)
        why = f"not valid Python: {error.msg}"
        return Unread(Position(path, line, column, line, column + 1), why)
    if isinstance(error, (RecursionError, MemoryError)):
        return Unread(_start(path), "the source is nested too deeply to be read")
    return Unread(_start(path), f"not valid Python: {error}")
