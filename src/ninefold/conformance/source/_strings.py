"""Text that is put together: f-strings, `+`, `%`, `format`, `join` and the like."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from ninefold.conformance.source._values import Const, Map, Node, Result, Seq, Str, Unknown

if TYPE_CHECKING:
    from ninefold.conformance.source._evaluate import Evaluator
    from ninefold.conformance.source._scopes import Scope

LONGEST: Final = 10_000
"""Characters of a text that is put together: names have 255, and what doubles has no end."""

_PERCENT = re.compile(r"%(?:\((\w+)\))?([sd%])")
_BRACES = re.compile(r"\{\{|\}\}|\{(\w*)\}")


def concatenated(parts: Iterable[str | Str | Unknown]) -> Const | Str:
    """Parts as one text; known ones that meet become one."""
    flat: list[str | Unknown] = []
    for part in parts:
        for each in part.parts if isinstance(part, Str) else (part,):
            if isinstance(each, str) and flat and isinstance(flat[-1], str):
                flat[-1] += each
            elif each != "":
                flat.append(each)
    match flat:
        case []:
            return Const("")
        case [str() as whole]:
            return Const(whole)
        case _:
            return Str(tuple(flat))


def joined(evaluator: Evaluator, node: ast.JoinedStr, scope: Scope) -> Result:
    """An f-string."""
    parts: list[str | Str | Unknown] = []
    for each in node.values:
        if isinstance(each, ast.FormattedValue):
            if each.format_spec is not None or each.conversion not in (-1, ord("s")):
                parts.append(evaluator.unknown(each.value, scope, "it is formatted when it runs"))
            else:
                found = evaluator.value(each.value, scope)
                parts.append(evaluator.as_part(found, each.value, scope))
        elif isinstance(each, ast.Constant):
            parts.append(str(each.value))
    return concatenated(parts)


def percent(evaluator: Evaluator, left: Result, node: ast.BinOp, scope: Scope) -> Result | None:
    """`"…%s" % …`; None where the left side is no text that is known."""
    if not isinstance(left, Const) or not isinstance(left.value, str):
        return None
    right = evaluator.value(node.right, scope)
    items = list(right.items) if isinstance(right, Seq) else [Node(node.right, scope)]
    parts: list[str | Str | Unknown] = []
    end = 0
    for match in _PERCENT.finditer(left.value):
        parts.append(left.value[end : match.start()])
        end = match.end()
        name, kind = match.groups()
        item: Node | None = None
        if kind == "%":
            parts.append("%")
            continue
        if name is not None and isinstance(right, Map):
            item = _item(evaluator, right, name)
        elif name is None and items:
            item = items.pop(0)
        parts.append(_part(evaluator, item, node, scope))
    rest = left.value[end:]
    if "%" in rest or any(isinstance(each, str) and "%" in each[:-1] for each in parts):
        return evaluator.unknown(node, scope, "it is formatted when it runs")
    parts.append(rest)
    return concatenated(parts)


def _item(evaluator: Evaluator, items: Map, name: str) -> Node | None:
    for key, value in items.items:
        if evaluator.value(key.node, key.scope) == Const(name):
            return value
    return None


def _part(
    evaluator: Evaluator, item: Node | None, node: ast.expr, scope: Scope
) -> str | Str | Unknown:
    if item is None:
        return evaluator.unknown(node, scope, "it is formatted when it runs")
    return evaluator.as_part(evaluator.value(item.node, item.scope), item.node, item.scope)


def method(
    evaluator: Evaluator, node: ast.Call, function: ast.Attribute, scope: Scope
) -> Result | None:
    """A method of text, such as `format`; None where it is none."""
    if function.attr not in _METHODS:
        return None
    base = evaluator.value(function.value, scope)
    if not isinstance(base, Const) or not isinstance(base.value, str):
        return None
    text = base.value
    if function.attr == "format":
        return _formatted(evaluator, text, node, scope)
    if function.attr == "join":
        if len(node.args) != 1:
            return None
        items = evaluator.value(node.args[0], scope)
        if not isinstance(items, Seq) or not items.complete:
            return None
        parts: list[str | Str | Unknown] = []
        for index, each in enumerate(items.items):
            if index:
                parts.append(text)
            parts.append(_part(evaluator, each, node, scope))
        return concatenated(parts)
    given = [evaluator.value(each, scope) for each in node.args]
    words = [
        each.value for each in given if isinstance(each, Const) and isinstance(each.value, str)
    ]
    if node.keywords or len(words) != len(given):
        return None
    if function.attr == "replace" and len(text) * max(map(len, words), default=0) > LONGEST:
        return None
    try:
        result: object = getattr(text, function.attr)(*words)
    except TypeError:
        return None
    return Const(result)


_METHODS = frozenset(
    {
        "format", "join", "lower", "upper", "replace", "strip", "lstrip", "rstrip", "removeprefix",
        "removesuffix", "title", "capitalize",
    }
)  # fmt: skip


def _formatted(evaluator: Evaluator, text: str, node: ast.Call, scope: Scope) -> Result:
    unknown = evaluator.unknown(node, scope, "it is formatted when it runs")
    if any(isinstance(each, ast.Starred) for each in node.args):
        return unknown
    keywords = {each.arg: each.value for each in node.keywords}
    parts: list[str | Str | Unknown] = []
    end = 0
    count = 0
    for match in _BRACES.finditer(text):
        between = text[end : match.start()]
        if "{" in between or "}" in between:
            return unknown
        parts.append(between)
        end = match.end()
        if match.group() in ("{{", "}}"):
            parts.append(match.group()[0])
            continue
        name = match.group(1)
        if not name:
            name, count = str(count), count + 1
        if name.isdigit():
            value = node.args[int(name)] if int(name) < len(node.args) else None
        else:
            value = keywords.get(name)
        item = None if value is None else Node(value, scope)
        parts.append(_part(evaluator, item, node, scope))
    if "{" in text[end:] or "}" in text[end:]:
        return unknown
    parts.append(text[end:])
    return concatenated(parts)
