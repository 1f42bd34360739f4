"""Names that are one of several: those of a loop, an `if` or a conditional expression."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from ninefold.conformance.source._scopes import Binding, Scope
from ninefold.conformance.source._values import (
    Api,
    Choice,
    Cls,
    Const,
    Instance,
    Map,
    Node,
    Result,
    Seq,
    Unknown,
)

if TYPE_CHECKING:
    from ninefold.conformance.source._evaluate import Evaluator

MOST: Final = 64
"""What has more members is a table, and is not gone through."""
_DEEPEST: Final = 8


def in_turn(evaluator: Evaluator, binding: Binding) -> Result:
    """A loop's variable: what it is in this turn, or that it is each of several."""
    node, scope = binding.node, binding.scope
    assert isinstance(node, ast.expr)
    picked = scope.pick(id(node))
    if isinstance(picked, Node):
        found = _along(evaluator, picked, binding.path)
        return evaluator.value(found.node, found.scope)
    unknown = evaluator.unknown(node, scope, "it is a loop's variable")
    over = evaluator.value(node, scope)
    options = iterated(evaluator, over)
    if options:
        unknown.choice = Choice(id(node), scope, node, options)
    elif isinstance(over, Unknown):
        unknown.function = over.function
    return unknown


def _along(evaluator: Evaluator, at: Node, path: tuple[int, ...]) -> Node:
    """What unpacking takes of an element; as much of it as is known."""
    for index in path:
        inner = evaluator.value(at.node, at.scope)
        if not isinstance(inner, Seq) or not inner.complete or index >= len(inner.items):
            break
        at = inner.items[index]
    return at


def iterated(evaluator: Evaluator, over: Result) -> tuple[Node, ...]:
    """What a loop goes through, in its order; empty where that is not known, or is too much."""
    match over:
        case Seq() if over.complete:
            found = over.items
        case Seq() if over.added is not None:
            found = (*over.items, *over.added)
        case Map(complete=True):
            found = tuple(key for key, _ in over.items)
        case Cls():
            found = tuple(_members(evaluator, over))
        case _:
            return ()
    return found if len(found) <= MOST else ()


def _members(evaluator: Evaluator, cls: Cls) -> Iterator[Node]:
    """The members of an enum; none of any other class."""
    if not _is_enum(evaluator, cls):
        return
    for each in cls.node.body:
        if (
            isinstance(each, ast.Assign)
            and len(each.targets) == 1
            and isinstance(each.targets[0], ast.Name)
            and not each.targets[0].id.startswith("_")
        ):
            yield Node(each.value, cls.scope)


def _is_enum(evaluator: Evaluator, cls: Cls, deep: int = 0) -> bool:
    for each in cls.node.bases:
        base = evaluator.value(each, cls.scope.parent or cls.scope)
        if isinstance(base, Api) and base.name.startswith("enum."):
            return True
        if isinstance(base, Cls) and deep < _DEEPEST and _is_enum(evaluator, base, deep + 1):
            return True
    return False


def of_items(base: Map, method: str) -> Seq | None:
    """`items()`, `keys()` or `values()` of a dict; None for any other method."""
    match method:
        case "keys":
            return Seq(tuple(key for key, _ in base.items), base.complete)
        case "values":
            return Seq(tuple(value for _, value in base.items), base.complete)
        case "items":
            pairs = [_pair(key, value) for key, value in base.items]
            whole = [each for each in pairs if each is not None]
            return Seq(tuple(whole), base.complete and len(whole) == len(pairs))
        case _:
            return None


def _pair(*parts: Node) -> Node | None:
    """Expressions as the tuple of them; None where they stand in different scopes."""
    first = parts[-1]
    if any(each.scope is not first.scope for each in parts):
        return None
    whole = ast.Tuple([each.node for each in parts], ast.Load())
    return Node(ast.copy_location(whole, first.node), first.scope)


def counted(items: Iterable[Node], start: int) -> Seq:
    """`enumerate` over items."""
    pairs: list[Node] = []
    for index, each in enumerate(items, start):
        number = ast.copy_location(ast.Constant(index), each.node)
        pair = _pair(Node(number, each.scope), each)
        assert pair is not None  # of one scope
        pairs.append(pair)
    return Seq(tuple(pairs))


def zipped(columns: Iterable[Seq]) -> Seq | None:
    """`zip` over sequences; None where these stand in different scopes."""
    rows = [_pair(*row) for row in zip(*(each.items for each in columns), strict=False)]
    whole = [each for each in rows if each is not None]
    return Seq(tuple(whole)) if len(whole) == len(rows) else None


# The parts of an `if`


def of_parts(bindings: list[Binding]) -> Choice | None:
    """The choice between bindings that stand in different parts of one `if`; None for others."""
    scope = bindings[0].scope
    parts: list[dict[int, str]] = []
    for each in bindings:
        if each.scope is not scope or not isinstance(each.node, ast.expr):
            return None
        parts.append(dict(scope.module.branches(each.node)))
    for line in sorted(parts[0]):
        options = dict.fromkeys(each.get(line, "") for each in parts)
        if len(options) > 1 and "" not in options:
            return Choice(hash((id(scope.module), line)), scope, None, tuple(options))
    return None


def that_hold(bindings: list[Binding], node: ast.expr, scope: Scope) -> list[Binding]:
    """Those of a name's bindings that may reach `node`, as far as its place tells.

    The variable of a loop is what that loop makes it; what is bound in parts of an `if` that are
    not taken, or that `node` stands beside, is left out.
    """
    module = scope.module
    loop = _loop_around(bindings, node)
    if loop is not None and loop.scope.module is module:
        return [loop]
    beside = dict(module.branches(node)) if node.lineno > 1 else {}
    held: list[Binding] = []
    for each in bindings:
        here = each.scope
        if here.module is module and isinstance(each.node, (ast.expr, ast.stmt)):
            for line, part in module.branches(each.node):
                taken = here.pick(hash((id(module), line)))
                if taken is None and here.node is scope.node:
                    taken = beside.get(line)
                if taken not in (None, part):
                    break
            else:
                held.append(each)
        else:
            held.append(each)
    return held or bindings


def _loop_around(bindings: list[Binding], node: ast.expr) -> Binding | None:
    """The binding by the innermost loop that `node` stands in, if nothing else in it binds it."""
    innermost: Binding | None = None
    for each in bindings:
        if isinstance(each.node, ast.expr) and each.node.lineno < node.lineno <= each.end:
            innermost = each
    if innermost is not None:
        start = getattr(innermost.node, "lineno", 0)
        for each in bindings:
            if start < getattr(each.node, "lineno", 0) <= innermost.end:
                return None
    return innermost


# Positions


def origin(
    evaluator: Evaluator, node: ast.AST, scope: Scope, *, whole: bool, deep: int = 0
) -> Node | None:
    """The literal that an expression shows in this turn; None where it depends on none.

    With `whole` that is wanted only where the expression is that literal, and not made of it.
    """
    if deep > _DEEPEST:
        return None
    deep += 1
    match node:
        case ast.IfExp():
            picked = scope.pick(id(node))
            if isinstance(picked, Node):
                inner = origin(evaluator, picked.node, picked.scope, whole=whole, deep=deep)
                return inner or picked
        case ast.Name():
            return _origin_of_name(evaluator, node, scope, whole=whole, deep=deep)
        case ast.Subscript():
            found = origin(evaluator, node.value, scope, whole=whole, deep=deep)
            if found is not None:
                return _item(evaluator, found, evaluator.value(node.slice, scope)) or found
        case ast.Attribute():
            found = origin(evaluator, node.value, scope, whole=whole, deep=deep)
            record = None if found is None else evaluator.value(found.node, found.scope)
            if isinstance(record, Instance):
                return evaluator.field(record, node.attr) or found
            return found
        case _:
            pass
    if not whole:
        for each in ast.iter_child_nodes(node):
            found = origin(evaluator, each, scope, whole=False, deep=deep)
            if found is not None:
                return found
    return None


def _origin_of_name(
    evaluator: Evaluator, node: ast.Name, scope: Scope, *, whole: bool, deep: int
) -> Node | None:
    for holder in scope.chain():
        if holder.args is not None and node.id in holder.args:
            given = holder.args[node.id]
            return given and origin(evaluator, given.node, given.scope, whole=whole, deep=deep)
        bindings = holder.bindings.get(node.id)
        if not bindings:
            continue
        several = len(bindings) > 1
        held = that_hold(bindings, node, scope) if several else bindings
        if len(held) != 1 or not isinstance(held[0].node, ast.expr):
            return None
        only = held[0]
        assert isinstance(only.node, ast.expr)
        if only.how == "each of":
            picked = only.scope.pick(id(only.node))
            return _along(evaluator, picked, only.path) if isinstance(picked, Node) else None
        inner = origin(evaluator, only.node, only.scope, whole=whole, deep=deep)
        is_of_part = several and holder.call is not None and bool(holder.call.picked)
        return inner or (Node(only.node, only.scope) if is_of_part else None)
    return None


def _item(evaluator: Evaluator, of: Node, index: Result) -> Node | None:
    base = evaluator.value(of.node, of.scope)
    if not isinstance(index, Const):
        return None
    if isinstance(base, Map):
        for key, value in reversed(base.items):  # the last of equal keys counts
            if evaluator.value(key.node, key.scope) == index:
                return value
    if isinstance(base, Seq) and isinstance(index.value, int):
        size = len(base.items)
        return base.items[index.value] if -size <= index.value < size else None
    return None
