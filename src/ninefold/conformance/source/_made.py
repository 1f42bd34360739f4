"""A declaration where it is made, and what is made in each turn of a loop."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, MutableMapping

from ninefold.conformance._facts import Declaration
from ninefold.conformance.source import _choices as choices
from ninefold.conformance.source._evaluate import Evaluator
from ninefold.conformance.source._reached import Way
from ninefold.conformance.source._scopes import Scope
from ninefold.conformance.source._values import Choice, Str, Unknown


class Made:
    """A declaration, where it stands, and the functions whose parameters its name depends on.

    `again` reads it by another evaluator. What `is_replaced` is declared by others.
    """

    __slots__ = ("again", "declaration", "functions", "is_replaced", "node", "scope")

    def __init__(
        self,
        declaration: Declaration,
        node: ast.Call,
        scope: Scope,
        functions: tuple[ast.AST, ...],
        again: Callable[[Evaluator], Declaration | None],
        is_replaced: bool = False,
    ) -> None:
        self.declaration = declaration
        self.node = node
        self.scope = scope
        self.functions = functions
        self.again = again
        self.is_replaced = is_replaced

    @property
    def is_read(self) -> bool:
        """Whether it stands in a file of the run, and not in an installed package's."""
        return self.scope.module.is_read


def unknown_in(evaluator: Evaluator, node: ast.Call, scope: Scope, api: str) -> Iterator[Unknown]:
    """What is not known of the name that a declaration is given."""
    first = node.args[:1] if api != "ninefold" else []
    given = [
        *first,
        *(
            each.value
            for each in node.keywords
            if each.arg in ("name", "namespace", "subsystem", "unit")
        ),
    ]
    for each in given:
        if isinstance(each, ast.Starred):
            continue
        found = evaluator.value(each, scope)
        for part in found.parts if isinstance(found, Str) else (found,):
            if isinstance(part, Unknown):
                yield part


class Turns:
    """Tells what a declaration makes whose name is one of several.

    It does so only where each of the names is known, so that nothing is left out unsaid.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        by_default: Evaluator,
        every: MutableMapping[tuple[int, int], Made],
    ) -> None:
        self._evaluator = evaluator
        self._by_default = by_default
        self._every = every
        # Choices live as long as what depends on them: the ids of their scopes do not come again.
        self._turns: dict[tuple[int, int], list[Scope]] = {}
        self._ways: dict[tuple[int, int, int], Way] = {}

    def of(self, made: Made) -> list[Made]:
        """What is made in its turns; empty where it is not one of several, or not all are known."""
        found = self._of(made, made.declaration) or []
        named: dict[str | None, Made] = {}
        for each in found:
            if each is not made:
                named.setdefault(self.name_of(each), each)
        return list(named.values())

    def name_of(self, made: Made) -> str | None:
        """The name that a declaration has, by default if nothing else is known."""
        again = made.declaration
        if not again.is_resolved:
            again = made.again(self._by_default) or again
        return again.name.value

    def _of(self, made: Made, first: Declaration) -> list[Made] | None:
        choice = next(
            (
                each.choice
                for each in unknown_in(self._evaluator, made.node, made.scope, first.api)
                if each.choice is not None
            ),
            None,
        )
        if choice is None:
            return None if self.name_of(made) is None else [made]
        site = _site_of(made, choice)
        if site is None:
            return None
        key = (choice.key, id(choice.scope))
        turns = self._turns.get(key)
        if turns is None:
            turns = [choice.scope.turn(choice.key, option) for option in choice.options]
            self._turns[key] = turns
        way = self._ways.get((*key, id(site)))
        if way is None:
            way = self._ways[*key, id(site)] = Way(choice, site)
        found: list[Made] = []
        for turn in turns:
            reached = way.is_open(self._evaluator, turn)
            if reached is None:
                return None
            if reached:
                inner = self._made_in(made, choice, turn, first)
                if inner is None or len(found) + len(inner) > choices.MOST:
                    return None
                found.extend(inner)
        return found

    def _made_in(
        self, made: Made, choice: Choice, turn: Scope, first: Declaration
    ) -> list[Made] | None:
        scope = made.scope.varied(choice.scope, turn)
        if scope.call is None or scope is made.scope:
            return None
        self._evaluator.value(made.node, scope)
        new = self._every.get((id(made.node), id(scope.call)))
        if new is None:
            return None
        new.is_replaced = True  # until it is chosen
        new.declaration = new.declaration.changed(
            argument=first.name.position,
            is_patterned=self._is_patterned(made.node, scope),
        )
        return self._of(new, first)

    def _is_patterned(self, node: ast.Call, scope: Scope) -> bool:
        given = [*node.args[:1], *(each.value for each in node.keywords if each.arg == "name")]
        return not any(
            choices.origin(self._evaluator, each, scope, whole=True) is not None for each in given
        )


def _site_of(made: Made, choice: Choice) -> ast.expr | None:
    """The expression within the choice's own scope that leads to what is made."""
    node: ast.expr = made.node
    scope = made.scope
    while True:
        around: Scope | None = scope
        while around is not None:
            if around.is_same(choice.scope):
                return node
            around = around.parent
        call = scope.call
        while call is not None and call.outer is None:
            call = call.parent.call if call.parent is not None else None
        if call is None or call.outer is None:
            return None
        node, scope = call.outer.node, call.outer.scope
