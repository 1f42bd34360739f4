"""Names, numbers and quoted text of an exposition's line, with the place of each."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
"""What a label may be called without quotes."""

QUOTED = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"')
"""Text in double quotes, whatever its escapes."""

ESCAPABLE: Final = r'\n"'
"""What may follow a backslash."""

_BLANKS = re.compile(r"[ \t]*")
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_ESCAPE = re.compile(r"\\(.?)")
_NOT_UTF8 = re.compile("[\ud800-\udfff]")
# As Go reads numbers, for Prometheus does; Python would take `1_0` and other scripts' digits too.
_NUMBER = re.compile(
    r"(?:[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|[+-]?inf(?:inity)?|nan)\Z",
    re.IGNORECASE | re.ASCII,
)


class WrongLine(Exception):
    """What is wrong with a line, and with which of its characters, counted from 0."""

    def __init__(self, start: int, end: int, message: str) -> None:
        super().__init__(message)
        self.start = start
        self.end = end
        self.message = message


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a line, unescaped, and where it stands in it."""

    text: str
    start: int
    end: int


def number(text: str) -> float | None:
    """The number that Prometheus reads in `text`; None where it reads none."""
    if not _NUMBER.match(text):
        return None
    value = float(text)
    # Prometheus refuses what no float can hold.
    return None if math.isinf(value) and text[-1].isdigit() else value


def name_at(
    line: str, at: int, what: str, *, pattern: re.Pattern[str] = _NAME, quoted: bool = True
) -> tuple[Token, int]:
    """The name that begins at `at`, and where it ends; `what` is what an error calls it."""
    if quoted and line.startswith('"', at):
        token = in_quotes(line, at, what)
        if not token.text:
            raise WrongLine(token.start, token.end, f"{what} must not be empty")
        return token, token.end
    match = pattern.match(line, at)
    if match is None:
        got = repr(line[at]) if at < len(line) else "the end of the line"
        raise WrongLine(at, at + 1, f"{what} cannot begin with {got}")
    return Token(match.group(), match.start(), match.end()), match.end()


def in_quotes(line: str, at: int, what: str, known: str | None = ESCAPABLE) -> Token:
    """The text in quotes that begins at `at`; `known` as for `unescaped`."""
    if not line.startswith('"', at):
        got = repr(line[at]) if at < len(line) else "the end of the line"
        raise WrongLine(at, at + 1, f"{what} must be in double quotes, got {got}")
    match = QUOTED.match(line, at)
    if match is None:
        raise WrongLine(at, len(line), f"{what} has no closing quote")
    text = unescaped(line, match.start(1), match.end(1), known)
    return Token(text, match.start(), match.end())


def unescaped(line: str, start: int, end: int, known: str | None) -> str:
    """The text without its escapes; `known` are those that there are, None for any.

    In OpenMetrics a backslash before any other character is itself.
    """
    text = line[start:end]
    odd = _NOT_UTF8.search(text)
    if odd is not None:
        raise WrongLine(start + odd.start(), start + odd.end(), "the text is not UTF-8")
    if "\\" not in text:
        return text
    for escape in _ESCAPE.finditer(text):
        if not escape[1] or (known is not None and escape[1] not in known):
            where = start + escape.start()
            raise WrongLine(where, start + escape.end(), f"{escape[0]!r} is no escape sequence")
    return _ESCAPE.sub(_meant, text)


def _meant(escape: re.Match[str]) -> str:
    if escape[1] == "n":
        return "\n"
    return escape[1] if escape[1] in ESCAPABLE else escape[0]


def skipped(line: str, at: int) -> int:
    """Where what follows the blanks at `at` begins."""
    match = _BLANKS.match(line, at)
    return at if match is None else match.end()
