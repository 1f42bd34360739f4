"""Whether a turn of a loop gets to a place in it, by the conditions on the way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ninefold.conformance.source._choices import iterated
from ninefold.conformance.source._scopes import COMPREHENSIONS, Scope
from ninefold.conformance.source._values import Api, Choice, Const, Map, Seq

if TYPE_CHECKING:
    from ninefold.conformance.source._evaluate import Evaluator


class Way:
    """The way to `site` within the loop that a choice is of: the same in all of its turns."""

    def __init__(self, choice: Choice, site: ast.expr) -> None:
        self._choice = choice
        self._site = site
        self._asked: list[tuple[ast.expr, bool]] = []
        self._changing: set[str] = set()
        owner = choice.scope.node
        if isinstance(choice.node, ast.IfExp) or choice.node is None:
            return
        if isinstance(owner, COMPREHENSIONS):
            for generator in owner.generators:
                self._asked.extend((each, True) for each in generator.ifs)
            self._changing = _stored(owner)
        else:
            loop = _loop_of(choice)
            if loop is not None:
                self._asked = list(_conditions(loop, site.lineno))
                self._changing = _stored(loop)

    def is_open(self, evaluator: Evaluator, turn: Scope) -> bool | None:
        """Whether a turn gets there by the conditions of its loop; None where that is not known.

        A condition that is the same in each turn holds, and so does one that seeks something in
        what is the same: what is declared under a condition is declared.
        """
        choice = self._choice
        if choice.node is None:
            part = dict(turn.module.branches(self._site)).get(_line_of(choice, turn, self._site))
            return part is None or part == turn.pick(choice.key)
        certain = True
        for test, wanted in self._asked:
            holds = _holds(evaluator, test, turn)
            if holds is None:
                if self._changing & _deciding(evaluator, test, turn):
                    certain = False
            elif holds != wanted:
                return False
        return True if certain else None


def _line_of(choice: Choice, turn: Scope, site: ast.expr) -> int:
    for line, _ in turn.module.branches(site):
        if hash((id(turn.module), line)) == choice.key:
            return line
    return 0


def _loop_of(choice: Choice) -> ast.AST | None:
    """The statement that the choice is the iterable of."""
    for each in ast.walk(choice.scope.node):
        if isinstance(each, (ast.For, ast.AsyncFor)) and each.iter is choice.node:
            return each
    return None


def _conditions(within: ast.AST, line: int) -> Iterator[tuple[ast.expr, bool]]:
    """What has to hold, or not, for a line within a statement to be reached."""
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        left: list[ast.expr] = []
        for each in getattr(within, field, ()):
            start = getattr(each, "lineno", line + 1)
            end = getattr(each, "end_lineno", None) or start
            if isinstance(each, ast.match_case):
                start, end = each.pattern.lineno, each.body[-1].end_lineno or 0
            if start <= line <= end:
                yield from ((test, False) for test in left)
                if isinstance(within, ast.If):
                    yield within.test, field == "body"
                elif isinstance(within, ast.Match):
                    yield within.subject, True
                yield from _conditions(each, line)
                return
            if isinstance(each, ast.If) and isinstance(
                each.body[-1], (ast.Return, ast.Raise, ast.Continue, ast.Break)
            ):
                left.append(each.test)


def _stored(node: ast.AST) -> set[str]:
    return {
        each.id
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }


def _read(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _deciding(evaluator: Evaluator, test: ast.expr, scope: Scope) -> set[str]:
    """The names that a test that is not known depends on, but for what is sought in something."""
    match test:
        case ast.UnaryOp(op=ast.Not()):
            return _deciding(evaluator, test.operand, scope)
        case ast.BoolOp():
            unknown = (each for each in test.values if _holds(evaluator, each, scope) is None)
            return set().union(*(_deciding(evaluator, each, scope) for each in unknown))
        case ast.Compare(ops=[ast.In() | ast.NotIn()]):
            return _read(test.comparators[0])
        case _:
            return _read(test)


def _holds(evaluator: Evaluator, test: ast.expr, scope: Scope) -> bool | None:
    """Whether a test holds; None where that is not known."""
    match test:
        case ast.UnaryOp(op=ast.Not()):
            inner = _holds(evaluator, test.operand, scope)
            return None if inner is None else not inner
        case ast.BoolOp():
            each = [_holds(evaluator, value, scope) for value in test.values]
            decisive = isinstance(test.op, ast.Or)
            if decisive in each:
                return decisive
            return None if None in each else not decisive
        case ast.Compare(ops=[operation], comparators=[other]):
            return _compared(evaluator, operation, test.left, other, scope)
        case _:
            found = evaluator.value(test, scope)
            return bool(found.value) if isinstance(found, Const) else None


def _compared(
    evaluator: Evaluator, operation: ast.cmpop, left: ast.expr, right: ast.expr, scope: Scope
) -> bool | None:
    one, two = evaluator.value(left, scope), evaluator.value(right, scope)
    if not isinstance(one, (Const, Api)):
        return None
    match operation, two:
        case ((ast.Eq() | ast.Is()), (Const() | Api())):
            return one == two
        case ((ast.NotEq() | ast.IsNot()), (Const() | Api())):
            return one != two
        case ((ast.In() | ast.NotIn()), Const(value=str() as whole)) if isinstance(one, Const):
            if not isinstance(one.value, str):
                return None
            return (one.value in whole) == isinstance(operation, ast.In)
        case ((ast.In() | ast.NotIn()), (Seq(complete=True) | Map(complete=True))):
            members = [evaluator.value(each.node, each.scope) for each in iterated(evaluator, two)]
            if one in members:
                return isinstance(operation, ast.In)
            if members and all(isinstance(each, (Const, Api)) for each in members):
                return isinstance(operation, ast.NotIn)
            return None
        case _:
            return None
