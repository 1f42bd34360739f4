"""One line of an exposition, taken apart with the place of each part.

Sources: Prometheus, "Exposition formats" (text 0.0.4, and the quoted names of Prometheus 3);
OpenMetrics 1.0.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

_BLANKS = re.compile(r"[ \t]*")
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_WORD = re.compile(r"[^ \t]*")
_QUOTED = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"')
_ESCAPE = re.compile(r"\\(.?)")
# As Go reads numbers, for Prometheus does; Python would take `1_0` and other scripts' digits too.
_NUMBER = re.compile(
    r"(?:[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|[+-]?inf(?:inity)?|nan)\Z",
    re.IGNORECASE | re.ASCII,
)
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}\Z", re.ASCII)
_LARGEST = 2**63
_NOT_UTF8 = re.compile("[\ud800-\udfff]")
_BETWEEN: Final = " \t"


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


@dataclass(frozen=True, slots=True)
class Metadata:
    """`# HELP`, `# TYPE` or `# UNIT`; an empty `text` says nothing."""

    keyword: str
    name: Token
    text: Token


@dataclass(frozen=True, slots=True)
class Sample:
    """A value of a series; `time` as it was written."""

    name: Token
    labels: tuple[tuple[Token, Token], ...]
    value: float
    time: str


def take_apart(line: str, *, openmetrics: bool = False) -> Metadata | Sample | None:
    """What the line says; None where it says nothing: an empty line, a comment.

    Raises `WrongLine`.
    """
    at = _skipped(line, 0)
    if openmetrics and at:
        raise WrongLine(0, at, "OpenMetrics has no blanks before a line")
    if at == len(line):
        if openmetrics:
            raise WrongLine(0, at, "OpenMetrics has no empty lines")
        return None
    if line[at] == "#":
        return _metadata(line, at + 1, openmetrics)
    return _sample(line, at, openmetrics)


def number(text: str) -> float | None:
    """The number that Prometheus reads in `text`; None where it reads none."""
    if not _NUMBER.match(text):
        return None
    value = float(text)
    # Prometheus refuses what no float can hold.
    return None if math.isinf(value) and text[-1].isdigit() else value


def _metadata(line: str, at: int, openmetrics: bool) -> Metadata | None:
    at = _skipped(line, at)
    word = _WORD.match(line, at)
    assert word is not None  # it matches nothing too
    keyword = word.group()
    if keyword not in (("HELP", "TYPE", "UNIT") if openmetrics else ("HELP", "TYPE")):
        if openmetrics:
            raise WrongLine(0, len(line), "OpenMetrics has no comments but HELP, TYPE and UNIT")
        return None
    at = _skipped(line, word.end())
    if at == len(line):
        return None
    name, at = _name(line, at, "a metric's name")
    if at == len(line):
        return None
    if line[at] not in _BETWEEN:
        raise WrongLine(name.start, at + 1, f"{line[at]!r} cannot stand in a metric's name")
    at = _skipped(line, at)
    rest = line[at:]
    if keyword == "HELP":
        rest = _unescaped(line, at, len(line), r"\n" if not openmetrics else r"\n" + '"')
    return Metadata(keyword, name, Token(rest, at, len(line)))


def _sample(line: str, at: int, openmetrics: bool) -> Sample:
    name: Token | None = None
    labels: list[tuple[Token, Token]] = []
    if line[at] != "{":
        name, at = _name(line, at, "a metric's name", quoted=False)
        at = _skipped(line, at)
    if at < len(line) and line[at] == "{":
        name, labels, at = _braces(line, at, name)
    at = _skipped(line, at)
    assert name is not None  # `_braces` has raised
    value, at = _value(line, at)
    time = ""
    if at < len(line):
        at = _skipped(line, at)
        if not (openmetrics and line.startswith("#", at)):
            time, at = _time(line, at, openmetrics)
    if openmetrics and at < len(line):
        at = _exemplar(line, _skipped(line, at))
    if at < len(line):
        raise WrongLine(at, len(line), f"nothing may follow, got {line[at:]!r}")
    return Sample(name, tuple(labels), value, time)


def _braces(
    line: str, at: int, name: Token | None
) -> tuple[Token | None, list[tuple[Token, Token]], int]:
    labels: list[tuple[Token, Token]] = []
    opened = at
    first = name is None
    at = _skipped(line, at + 1)
    while not line.startswith("}", at):
        if at == len(line):
            raise WrongLine(opened, opened + 1, "'{' is never closed")
        what = "a label's name" if not first else "a metric's name in quotes"
        key, at = _name(line, at, what, pattern=_LABEL)
        at = _skipped(line, at)
        if first and not line.startswith("=", at):
            name, first = key, False
        else:
            value, at = _label_value(line, at, key)
            labels.append((key, value))
        if line.startswith(",", at):
            at = _skipped(line, at + 1)
        elif not line.startswith("}", at):
            got = repr(line[at]) if at < len(line) else "the end of the line"
            raise WrongLine(min(at, len(line)), at + 1, f"',' or '}}' must follow, got {got}")
    if name is None:
        raise WrongLine(opened, at + 1, "a metric's name is missing")
    return name, labels, at + 1


def _label_value(line: str, at: int, key: Token) -> tuple[Token, int]:
    if not line.startswith("=", at):
        got = repr(line[at]) if at < len(line) else "the end of the line"
        raise WrongLine(key.start, key.end, f"'=' must follow the label {key.text!r}, got {got}")
    if key.text == "__name__":
        raise WrongLine(key.start, key.end, "the label '__name__' is reserved")
    at = _skipped(line, at + 1)
    value = _in_quotes(line, at, "the label's value")
    return value, _skipped(line, value.end)


def _value(line: str, at: int) -> tuple[float, int]:
    word = _WORD.match(line, at)
    assert word is not None
    value = number(word.group())
    if value is None:
        got = repr(word.group()) if word.group() else "nothing"
        raise WrongLine(at, max(word.end(), at + 1), f"the value must be a number, got {got}")
    return value, word.end()


def _time(line: str, at: int, openmetrics: bool) -> tuple[str, int]:
    word = _WORD.match(line, at)
    assert word is not None
    text = word.group()
    if openmetrics:
        valid = number(text) is not None
    else:
        valid = bool(_INTEGER.match(text)) and -_LARGEST <= int(text) < _LARGEST
    if not valid:
        wanted = "seconds" if openmetrics else "whole milliseconds"
        got = repr(text) if text else "blanks alone"
        raise WrongLine(
            at if text else at - 1, max(word.end(), at), f"a time must be {wanted}, got {got}"
        )
    return text, word.end()


def _exemplar(line: str, at: int) -> int:
    if not line.startswith("#", at):
        return at
    start = _skipped(line, at + 1)
    if not line.startswith("{", start):
        raise WrongLine(at, start, "an exemplar must begin with '{'")
    _, _, at = _braces(line, start, Token("", start, start))
    _, at = _value(line, _skipped(line, at))
    if at < len(line):
        _, at = _time(line, _skipped(line, at), True)
    return at


def _name(
    line: str, at: int, what: str, *, pattern: re.Pattern[str] = _NAME, quoted: bool = True
) -> tuple[Token, int]:
    if quoted and line.startswith('"', at):
        token = _in_quotes(line, at, what)
        if not token.text:
            raise WrongLine(token.start, token.end, f"{what} must not be empty")
        return token, token.end
    match = pattern.match(line, at)
    if match is None:
        got = repr(line[at]) if at < len(line) else "the end of the line"
        raise WrongLine(at, at + 1, f"{what} cannot begin with {got}")
    return Token(match.group(), match.start(), match.end()), match.end()


def _in_quotes(line: str, at: int, what: str) -> Token:
    if not line.startswith('"', at):
        got = repr(line[at]) if at < len(line) else "the end of the line"
        raise WrongLine(at, at + 1, f"{what} must be in double quotes, got {got}")
    match = _QUOTED.match(line, at)
    if match is None:
        raise WrongLine(at, len(line), f"{what} has no closing quote")
    text = _unescaped(line, match.start(1), match.end(1), r'\n"')
    return Token(text, match.start(), match.end())


def _unescaped(line: str, start: int, end: int, known: str) -> str:
    text = line[start:end]
    odd = _NOT_UTF8.search(text)
    if odd is not None:
        raise WrongLine(start + odd.start(), start + odd.end(), "the text is not UTF-8")
    if "\\" not in text:
        return text
    for escape in _ESCAPE.finditer(text):
        if not escape[1] or escape[1] not in known:
            where = start + escape.start()
            raise WrongLine(where, start + escape.end(), f"{escape[0]!r} is no escape sequence")
    return _ESCAPE.sub(lambda escape: "\n" if escape[1] == "n" else escape[1], text)


def _skipped(line: str, at: int) -> int:
    match = _BLANKS.match(line, at)
    return at if match is None else match.end()
