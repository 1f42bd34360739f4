"""One line of an exposition, taken apart with the place of each part.

Sources: Prometheus, "Exposition formats" (text 0.0.4, and the quoted names of Prometheus 3);
OpenMetrics 1.0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ninefold.conformance.exposition._tokens import (
    ESCAPABLE,
    LABEL,
    QUOTED,
    Token,
    WrongLine,
    in_quotes,
    name_at,
    number,
    skipped,
    unescaped,
)

_WORD = re.compile(r"[^ \t]*")
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}\Z", re.ASCII)
_LARGEST = 2**63
_KEYWORDS: Final = ("HELP", "TYPE", "UNIT")
_OPENMETRICS = re.compile(
    r'# (?:HELP|(TYPE|UNIT)) (?:[a-zA-Z_:][a-zA-Z0-9_:]*|".*") (?(1)(?![ \t]))'
)
# Nearly all labels are written so, and long expositions are made of them.
_PLAIN = re.compile(r'(?!__name__)([a-zA-Z_][a-zA-Z0-9_]*)="([^"\\\ud800-\udfff]*)"(?=[,}])')
_ODD_BLANKS = re.compile(r"\t|  | $|[{,=] | [},=]| (?=\{)(?<!# )|,\}|\}(?! )|(?<! )#|#(?! )")
_BETWEEN: Final = " \t"


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
    exemplar: Token | None = None


def take_apart(line: str, *, openmetrics: bool = False) -> Metadata | Sample | None:
    """What the line says; None where it says nothing: an empty line, a comment.

    Raises `WrongLine`.
    """
    at = skipped(line, 0)
    if openmetrics and at:
        raise WrongLine(0, at, "OpenMetrics has no blanks before a line")
    if at == len(line):
        if openmetrics:
            raise WrongLine(0, at, "OpenMetrics has no empty lines")
        return None
    if line[at] == "#":
        return _metadata(line, at + 1, openmetrics)
    if openmetrics:
        _one_space(line)
    return _sample(line, at, openmetrics)


def _metadata(line: str, at: int, openmetrics: bool) -> Metadata | None:
    if openmetrics:
        _as_openmetrics(line)
    at = skipped(line, at)
    word = _WORD.match(line, at)
    assert word is not None  # it matches nothing too
    keyword = word.group()
    if keyword not in _KEYWORDS:
        return None
    if keyword == "UNIT" and not openmetrics:
        return None
    at = skipped(line, word.end())
    if at == len(line):
        return None
    name, at = name_at(line, at, "a metric's name")
    if at == len(line):
        return None
    if line[at] not in _BETWEEN:
        raise WrongLine(name.start, at + 1, f"{line[at]!r} cannot stand in a metric's name")
    at = skipped(line, at)
    rest = line[at:]
    if keyword == "HELP":
        rest = unescaped(line, at, len(line), None if openmetrics else r"\n")
    return Metadata(keyword, name, Token(rest, at, len(line)))


def _sample(line: str, at: int, openmetrics: bool) -> Sample:
    name: Token | None = None
    labels: list[tuple[Token, Token]] = []
    if line[at] != "{":
        name, at = name_at(line, at, "a metric's name", quoted=False)
        at = skipped(line, at)
    if at < len(line) and line[at] == "{":
        name, labels, at = _braces(line, at, name, openmetrics)
    at = skipped(line, at)
    assert name is not None  # `_braces` has raised
    value, at = _value(line, at)
    time = ""
    if at < len(line):
        at = skipped(line, at)
        if not (openmetrics and line.startswith("#", at)):
            time, at = _time(line, at, openmetrics)
    exemplar = None
    if openmetrics and at < len(line):
        start = skipped(line, at)
        at = _exemplar(line, start)
        exemplar = Token(line[start:at], start, at)
    if at < len(line):
        raise WrongLine(at, len(line), f"nothing may follow, got {line[at:]!r}")
    return Sample(name, tuple(labels), value, time, exemplar)


def _as_openmetrics(line: str) -> None:
    if not _OPENMETRICS.match(line):
        wanted = " or ".join(f"'# {keyword} NAME …'" for keyword in _KEYWORDS)
        raise WrongLine(0, len(line), f"in OpenMetrics the line must be {wanted}")


def _one_space(line: str) -> None:
    # The text in quotes may hold any blanks.
    bare = QUOTED.sub(lambda quoted: "x" * len(quoted[0]), line)
    odd = _ODD_BLANKS.search(bare)
    if odd is not None:
        raise WrongLine(
            odd.start(),
            odd.end(),
            "OpenMetrics has one space before a value, a time and an exemplar, and no other",
        )


def _braces(
    line: str, at: int, name: Token | None, openmetrics: bool
) -> tuple[Token | None, list[tuple[Token, Token]], int]:
    labels: list[tuple[Token, Token]] = []
    opened = at
    first = name is None
    at = skipped(line, at + 1)
    while not line.startswith("}", at):
        if at == len(line):
            raise WrongLine(opened, opened + 1, "'{' is never closed")
        plain = None if first else _PLAIN.match(line, at)
        if plain is not None:
            key = Token(plain[1], plain.start(1), plain.end(1))
            labels.append((key, Token(plain[2], plain.start(2) - 1, plain.end(2) + 1)))
            at = plain.end(2) + 1
        else:
            what = "a label's name" if not first else "a metric's name in quotes"
            key, at = name_at(line, at, what, pattern=LABEL)
            at = skipped(line, at)
            if first and not line.startswith("=", at):
                name, first = key, False
            else:
                value, at = _label_value(line, at, key, openmetrics)
                labels.append((key, value))
        if line.startswith(",", at):
            at = skipped(line, at + 1)
        elif not line.startswith("}", at):
            got = repr(line[at]) if at < len(line) else "the end of the line"
            raise WrongLine(min(at, len(line)), at + 1, f"',' or '}}' must follow, got {got}")
    if name is None:
        raise WrongLine(opened, at + 1, "a metric's name is missing")
    return name, labels, at + 1


def _label_value(line: str, at: int, key: Token, openmetrics: bool) -> tuple[Token, int]:
    if not line.startswith("=", at):
        got = repr(line[at]) if at < len(line) else "the end of the line"
        raise WrongLine(key.start, key.end, f"'=' must follow the label {key.text!r}, got {got}")
    if key.text == "__name__":
        raise WrongLine(key.start, key.end, "the label '__name__' is reserved")
    at = skipped(line, at + 1)
    value = in_quotes(line, at, "the label's value", None if openmetrics else ESCAPABLE)
    return value, skipped(line, value.end)


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
    start = skipped(line, at + 1)
    if not line.startswith("{", start):
        raise WrongLine(at, start, "an exemplar must begin with '{'")
    _, _, at = _braces(line, start, Token("", start, start), True)
    _, at = _value(line, skipped(line, at))
    if at < len(line):
        _, at = _time(line, skipped(line, at), True)
    return at
