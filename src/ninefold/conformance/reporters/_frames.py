"""The lines of files that findings are about, as they stand there."""

from __future__ import annotations

import re
from typing import Final

from ninefold.conformance.source import bytes_of

_PYTHON_ENDS: Final = re.compile("\r\n|\r|\n")


class Lines:
    """Lines of files; the file that was asked for last is at hand, as findings come by file."""

    def __init__(self) -> None:
        self._path = ""
        self._lines: list[str] = []

    def line(self, path: str, number: int) -> str:
        """The line of that number, from 1, without its end; empty where there is none to be had."""
        if path != self._path:
            self._path, self._lines = path, _lines_of(path)
        return self._lines[number - 1] if number <= len(self._lines) else ""


def _lines_of(path: str) -> list[str]:
    if "://" in path or path.startswith("<"):
        return []
    try:
        data = bytes_of(path)
    except (OSError, ValueError):
        return []
    text = data.decode(_encoding(data), "replace").removeprefix("\ufeff")
    # An exposition's lines end with line feeds alone.
    return _PYTHON_ENDS.split(text) if path.endswith((".py", ".pyi", ".pyw")) else text.split("\n")


def _encoding(data: bytes) -> str:
    if data.isascii() or b"coding" not in data[:200]:
        return "utf-8"
    import io
    import tokenize

    try:
        return tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    except SyntaxError:
        return "utf-8"
