"""The grammar of UCUM's case-sensitive codes, read in one pass.

Source: The Unified Code for Units of Measure 2.2, section "Syntax Rules", with what its own list of
examples needs beyond the printed grammar: a number or a closed parenthesis may be annotated.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ninefold.conformance.ucum._atoms import METRIC, PLAIN, PREFIXES
from ninefold.conformance.ucum._unit import Fault, Term, Unit

# What stands between operators; an atom's own brackets may hold any of them: `B[10.nV]`.
_SIMPLE = re.compile(r"(?:\[[^\[\]]*\]|[^./(){}])+")
_EXPONENT = re.compile(r"[+-]?[0-9]+\Z")
_NUMBER = re.compile(r"[0-9]+\Z")
_NOT_ANNOTATION = re.compile(r"[^!-z|~]")

_DEEPEST = 32
"""Parentheses within one another: more than any unit has, and far from Python's own limit."""


class _Wrong(Exception):
    def __init__(self, start: int, end: int, message: str) -> None:
        super().__init__(message)
        self.fault = Fault(start, end, message)


@lru_cache(maxsize=1024)
def parse(text: str) -> Unit | Fault:
    """The unit that `text` is, or the first thing that is wrong with it.

    >>> parse("kBy/s").quantity
    'rate'
    >>> parse("{request}").quantity, parse("ms").single.name
    ('count', 'millisecond')
    >>> parse("seconds")
    Fault(start=0, end=7, message="'seconds' is no UCUM unit")
    """
    try:
        terms, end = _main_term(text, 0, 1, 0)
        if end < len(text):
            raise _Wrong(end, end + 1, f"unexpected {text[end]!r}")
    except _Wrong as wrong:
        return wrong.fault
    return Unit(text, tuple(terms))


def _main_term(text: str, at: int, sign: int, depth: int) -> tuple[list[Term], int]:
    if text.startswith("/", at):
        terms, at = _component(text, at + 1, -sign, depth)
    else:
        terms, at = _component(text, at, sign, depth)
    while at < len(text) and text[at] in "./":
        # Operators are taken from left to right: `a/b.c` is a/b times c.
        more, at = _component(text, at + 1, -sign if text[at] == "/" else sign, depth)
        terms += more
    return terms, at


def _component(text: str, at: int, sign: int, depth: int) -> tuple[list[Term], int]:
    if at >= len(text):
        before = f" after {text[at - 1]!r}" if at else ""
        raise _Wrong(max(at - 1, 0), at, f"a unit is missing{before}")
    match text[at]:
        case "(":
            if depth == _DEEPEST:
                raise _Wrong(at, at + 1, f"more than {_DEEPEST} parentheses in one another")
            terms, end = _main_term(text, at + 1, sign, depth + 1)
            if not text.startswith(")", end):
                if end < len(text):
                    raise _Wrong(end, end + 1, f"unexpected {text[end]!r}")
                raise _Wrong(at, at + 1, "'(' is never closed")
            end += 1
        case "{":
            annotation, end = _annotation(text, at)
            terms = [Term("", "", sign, annotation, at, end)]
        case _:
            match = _SIMPLE.match(text, at)
            if match is None:
                raise _Wrong(at, at + 1, f"a unit is missing before {text[at]!r}")
            end = match.end()
            terms = [_simple(match.group(), at, sign)]
    if text.startswith("{", end):
        start = end
        annotation, end = _annotation(text, start)
        last = terms[-1]
        if len(terms) == 1 and last.annotation is None:
            terms = [Term(last.prefix, last.atom, last.exponent, annotation, last.start, end)]
        else:
            terms.append(Term("", "", sign, annotation, start, end))
    return terms, end


def _annotation(text: str, at: int) -> tuple[str, int]:
    end = text.find("}", at)
    if end < 0:
        raise _Wrong(at, at + 1, "'{' is never closed")
    inside = text[at + 1 : end]
    odd = _NOT_ANNOTATION.search(inside)
    if odd is not None:
        where = at + 1 + odd.start()
        raise _Wrong(where, where + 1, f"{odd.group()!r} cannot stand in an annotation")
    return inside, end + 1


def _simple(text: str, at: int, sign: int) -> Term:
    end = at + len(text)
    if _NUMBER.match(text):
        if text.startswith("0"):
            raise _Wrong(at, end, f"a number must be > 0 without leading zeros, got {text}")
        return Term("", text, sign, None, at, end)
    exponent = _EXPONENT.search(text)
    code = text if exponent is None else text[: exponent.start()]
    found = ("", code) if _NUMBER.match(code) and code[0] != "0" else _atom(code)
    if found is None:
        raise _Wrong(at, at + len(code or text), f"{code or text!r} is no UCUM unit")
    power = 1
    if exponent is not None:
        if exponent.group().lstrip("+-").startswith("0"):
            raise _Wrong(at + exponent.start(), end, "an exponent must not start with 0")
        power = int(exponent.group()) if len(exponent.group()) < 10 else 1_000_000_000
    return Term(found[0], found[1], sign * power, None, at, end)


def _atom(code: str) -> tuple[str, str] | None:
    if code in METRIC or code in PLAIN:
        return "", code
    for length in (1, 2):
        prefix, atom = code[:length], code[length:]
        if prefix in PREFIXES and atom in METRIC:
            return prefix, atom
    return None
