"""A module of Python source: its tree, its scopes, and where things stand in it."""

from __future__ import annotations

import ast
import os
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final

from ninefold.conformance._facts import Position
from ninefold.conformance.source._finder import root_and_name
from ninefold.conformance.source._scopes import FUNCTIONS, Owner, Scope

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_CODING: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:[^\n]*\n)?[^\n]*coding[:=]")
_HAS_BODY: Final = ("body", "orelse", "finalbody", "handlers", "cases")


def parsed(data: bytes) -> ast.Module:
    """The tree of a file's source.

    Raises what `ast.parse` does, with the place where there is one, and also `SyntaxError` for what
    Python refuses in a file alone: text in another encoding than is declared.
    """
    at = data.find(b"\0")
    if at >= 0:
        if data.startswith(_UTF16):
            raise _wrong("it is in UTF-16, which Python does not read", data, 0)
        raise _wrong("source code cannot contain null bytes", data, at)
    if not data.isascii() and not _CODING.match(data):
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            byte = data[error.start]
            what = f"the byte 0x{byte:02x} is not UTF-8, and no other encoding is declared"
            raise _wrong(what, data, error.start) from None
    return ast.parse(data)


def _wrong(what: str, data: bytes, at: int) -> SyntaxError:
    before = data[:at]
    start = before.rfind(b"\n") + 1
    column = len(before[start:].decode("utf-8", "replace")) + 1
    return SyntaxError(what, (None, before.count(b"\n") + 1, column, None))


def _with_line_feeds(data: bytes) -> bytes:
    """The source with the line feeds that Python sees where there are carriage returns alone."""
    if b"\r" not in data or data.count(b"\r") == data.count(b"\r\n"):
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


class Module:
    """One file of source: its tree, its scopes, and where things stand in it."""

    def __init__(self, path: str, shown: str, data: bytes, *, is_read: bool) -> None:
        """`shown` is the path as findings give it; `is_read` says that it is one of the run.

        Raises what `parsed` does.
        """
        self.path = path
        self.shown = shown
        # Lines are counted by their feeds.
        self.data = data = _with_line_feeds(data)
        self.is_read = is_read
        self.tree = parsed(data)
        self.stars: list[str] = []
        self._scopes: dict[int, Scope] = {}
        self._blocks: dict[int, _Block] = {}
        self._lines: list[bytes] | None = None
        self._is_ascii = data.isascii()
        self.root, self.name = root_and_name(path)
        self.top = self.name.partition(".")[0]
        self.scope = Scope(self, self.tree, None)

    def absolute(self, module: str, level: int) -> str:
        """The whole name of what `from ..module import` names here."""
        if not level:
            return module
        parts = self.name.split(".")
        if os.path.basename(self.path) != "__init__.py":
            parts = parts[:-1]
        if level > 1:
            parts = parts[: 1 - level]
        return ".".join([*parts, module] if module else parts)

    def child(self, node: Owner, parent: Scope) -> Scope:
        """The scope of a function, class or comprehension that stands in `parent`."""
        if parent.call is not None:
            return Scope(self, node, parent)
        found = self._scopes.get(id(node))
        if found is None:
            found = self._scopes[id(node)] = Scope(self, node, parent)
        return found

    def functions(self) -> Iterator[Scope]:
        """The scopes of all functions and methods."""
        yield from self._functions(self.tree, self.scope)

    def _functions(self, node: ast.AST, scope: Scope) -> Iterator[Scope]:
        for field in _HAS_BODY:
            for each in getattr(node, field, ()):
                if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    inner = self.child(each, scope)
                    if isinstance(each, FUNCTIONS):
                        yield inner
                    yield from self._functions(each, inner)
                else:
                    yield from self._functions(each, scope)

    def branches(self, node: ast.expr | ast.stmt) -> tuple[tuple[int, str], ...]:
        """The alternatives that a node stands in: the line of each `if` or `try`, and which part.

        What follows an `if` that leaves the block stands in its other part.
        """
        found: list[tuple[int, str]] = []
        inner: ast.AST | None = self.tree
        while inner is not None:
            inner = self._towards(inner, node.lineno, found)
        return tuple(found)

    def _towards(self, outer: ast.AST, line: int, found: list[tuple[int, str]]) -> ast.AST | None:
        """The statement, clause or case within `outer` that reaches over a line."""
        for field in _HAS_BODY:
            listed = getattr(outer, field, None)
            if not listed:
                continue
            block = self._blocks.get(id(listed))
            if block is None:
                block = self._blocks[id(listed)] = _Block(listed)
            index = block.reaching(line)
            if index is None:
                continue
            found.extend((each, "orelse") for each in block.left_before(index))
            if isinstance(outer, (ast.If, ast.Try)):
                found.append((outer.lineno, field))
            elif isinstance(outer, ast.Match):
                found.append((outer.lineno, f"case {block.starts[index]}"))
            inner: ast.AST = listed[index]
            return inner
        return None

    def position(self, node: ast.expr | ast.stmt) -> Position:
        """Where a node stands."""
        end_line = node.end_lineno or node.lineno
        end_column = node.end_col_offset if node.end_col_offset is not None else node.col_offset
        return Position(
            self.shown,
            node.lineno,
            self._column(node.lineno, node.col_offset),
            end_line,
            self._column(end_line, end_column),
        )

    def _column(self, line: int, offset: int) -> int:
        """The column in characters, from 1, of an offset in bytes of UTF-8, from 0."""
        if self._is_ascii:
            return offset + 1
        if self._lines is None:
            text = _decoded(self.data)
            self._lines = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        start = self._lines[line - 1] if line <= len(self._lines) else b""
        return len(start[:offset].decode("utf-8", "replace")) + 1


class _Block:
    """The statements, clauses or cases of a block by their lines: a file may declare thousands."""

    def __init__(self, listed: Sequence[ast.stmt | ast.ExceptHandler | ast.match_case]) -> None:
        self.starts: list[int] = []
        self._ends: list[int] = []
        self._leaving: list[int] = []
        for index, each in enumerate(listed):
            if isinstance(each, ast.match_case):
                start, end = each.pattern.lineno, each.body[-1].end_lineno
            else:
                start, end = each.lineno, each.end_lineno
            self.starts.append(start)
            self._ends.append(end or start)
            if isinstance(each, ast.If) and isinstance(
                each.body[-1], (ast.Return, ast.Raise, ast.Continue, ast.Break)
            ):
                self._leaving.append(index)

    def reaching(self, line: int) -> int | None:
        """Which of them reaches over a line."""
        index = bisect_left(self.starts, line)
        if index == len(self.starts) or self.starts[index] != line:
            index -= 1
        return index if index >= 0 and self._ends[index] >= line else None

    def left_before(self, index: int) -> Iterator[int]:
        """The lines of those before it that leave the block if they are entered."""
        for each in self._leaving[: bisect_left(self._leaving, index)]:
            yield self.starts[each]


def _decoded(data: bytes) -> bytes:
    """The source as UTF-8, which the offsets of a tree are in."""
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:]
    if b"coding" in data[:200]:
        import io
        import tokenize

        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            return data.decode(encoding).encode("utf-8", "surrogatepass")
        except (SyntaxError, LookupError, UnicodeError):
            return data
    return data
