"""Scopes of a module: which names are bound where, and to what, without evaluating anything.

Over 300 lines, as the ways of a name into a scope are read together.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

from ninefold.conformance.source._values import Node

if TYPE_CHECKING:
    from ninefold.conformance.source._module import Module

Owner: TypeAlias = (
    ast.Module
    | ast.ClassDef
    | ast.FunctionDef
    | ast.AsyncFunctionDef
    | ast.Lambda
    | ast.ListComp
    | ast.SetComp
    | ast.DictComp
    | ast.GeneratorExp
)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_CHANGES = frozenset(
    {
        "add",
        "append",
        "clear",
        "discard",
        "extend",
        "insert",
        "pop",
        "remove",
        "setdefault",
        "update",
    }
)
How: TypeAlias = Literal["is", "item of", "each of", "def", "class", "import", "opaque"]


class Binding:
    """One way in which a name gets its value.

    `node` is the expression, function or class; `path` the way into what is unpacked. An import has
    `module` (absolute) and `name` (empty for the module itself). A `fallback` stands in an
    `except`; what a loop binds holds up to its line `end`.
    """

    __slots__ = ("end", "fallback", "how", "module", "name", "node", "path", "scope")

    def __init__(
        self,
        how: How,
        scope: Scope,
        node: ast.AST | None = None,
        path: tuple[int, ...] = (),
        module: str = "",
        name: str = "",
        fallback: bool = False,
        end: int = 0,
    ) -> None:
        self.how = how
        self.scope = scope
        self.node = node
        self.path = path
        self.module = module
        self.name = name
        self.fallback = fallback
        self.end = end


class Scope:
    """A module, class, function or comprehension.

    `args` are what a call has bound, `outer` is that call, and `call` the scope nearest outwards
    that has some: what is read there holds for this call alone. What is `picked` holds for one turn
    of a loop or one part of an `if`, which is taken for a call without arguments.
    """

    __slots__ = (
        "_added", "_bindings", "_changed", "_stores", "args", "call", "module", "node", "outer",
        "parent", "picked",
    )  # fmt: skip

    def __init__(
        self,
        module: Module,
        node: Owner,
        parent: Scope | None,
        args: Mapping[str, Node | None] | None = None,
        outer: Node | None = None,
        picked: Mapping[int, Node | str] | None = None,
    ) -> None:
        self.module = module
        self.node = node
        self.parent = parent
        self.args = args
        self.outer = outer
        self.picked = picked
        self.call: Scope | None = self if args is not None else parent.call if parent else None
        self._bindings: dict[str, list[Binding]] | None = None
        self._stores: dict[str, list[tuple[ast.expr, ast.expr]]] = {}
        self._changed: set[str] = set()
        self._added: dict[str, list[ast.expr]] = {}

    @property
    def bindings(self) -> dict[str, list[Binding]]:
        """What is bound in this scope itself, by name."""
        if self._bindings is None:
            self._bindings = {}
            _Collector(self, self._bindings, self._stores, self._changed, self._added).collect()
        return self._bindings

    def stores(self, name: str) -> list[tuple[ast.expr, ast.expr]]:
        """What is stored under which keys of the dict `name`, as in `name["key"] = value`."""
        return self._stores.get(name, []) if self.bindings else []

    def is_changed(self, name: str) -> bool:
        """Whether the list or dict `name` is changed in place, as by `name.append(…)`."""
        return bool(self.bindings) and (name in self._changed or name in self._stores)

    def added(self, name: str) -> list[ast.expr] | None:
        """What is added to the list `name`, several starred; None where it changes otherwise."""
        return self._added.get(name) if self.bindings and name not in self._stores else None

    def pick(self, key: int) -> Node | str | None:
        """What is picked of a choice in the turn that this is in; None for none."""
        scope = self.call
        while scope is not None:
            if scope.picked is not None and key in scope.picked:
                return scope.picked[key]
            scope = scope.parent.call if scope.parent is not None else None
        return None

    def is_in_turn(self) -> bool:
        """Whether this is in one turn of a loop or part of an `if`, or is called from there."""
        scope = self.call
        while scope is not None:
            if scope.picked is not None or (
                scope.outer is not None and scope.outer.scope.is_in_turn()
            ):
                return True
            scope = scope.parent.call if scope.parent is not None else None
        return False

    def is_same(self, other: Scope) -> bool:
        """Whether both are of one node, in one call."""
        return self is other or (self.node is other.node and self.call is other.call)

    def turn(self, key: int, option: Node | str) -> Scope:
        """This scope where one option of a choice is taken."""
        picked = {**(self.picked or {}), key: option}
        return Scope(self.module, self.node, self.parent, self.args or {}, self.outer, picked)

    def varied(self, of: Scope, turn: Scope) -> Scope:
        """This scope within a turn: `turn` stands for `of`, also in the calls that led here."""
        if self.is_same(of):
            return turn
        parent = None if self.parent is None else self.parent.varied(of, turn)
        outer = _varied(self.outer, of, turn)
        if parent is self.parent and outer is self.outer:
            return self
        args = self.args and {name: _varied(each, of, turn) for name, each in self.args.items()}
        return Scope(self.module, self.node, parent, args, outer, self.picked)

    def called(self, args: Mapping[str, Node | None], outer: Node | None) -> Scope:
        """This function's scope in a call, which is `outer`."""
        return Scope(self.module, self.node, self.parent, args, outer)

    def within(self, function: Scope) -> Scope:
        """This scope where it is inside of `function`'s node: the same within that very call."""
        if self.node is function.node:
            return function
        if self.parent is None:
            return self
        return Scope(self.module, self.node, self.parent.within(function))

    def chain(self) -> Iterator[Scope]:
        """This scope and those in which its names are looked up; classes are passed over."""
        scope: Scope | None = self
        first = True
        while scope is not None:
            if first or not isinstance(scope.node, ast.ClassDef):
                yield scope
            first = first and isinstance(scope.node, COMPREHENSIONS)
            scope = scope.parent

    def function(self) -> Scope | None:
        """The function around this, if any."""
        scope: Scope | None = self
        while scope is not None:
            if isinstance(scope.node, FUNCTIONS):
                return scope
            scope = scope.parent
        return None

    def outermost_call(self) -> Node | None:
        """The call outside of which nothing was bound, if this is within one."""
        scope = self.call
        while scope is not None:
            if scope.outer is not None:
                return scope.outer.scope.outermost_call() or scope.outer
            scope = scope.parent.call if scope.parent is not None else None
        return None


def _varied(node: Node | None, of: Scope, turn: Scope) -> Node | None:
    if node is None:
        return None
    scope = node.scope.varied(of, turn)
    return node if scope is node.scope else Node(node.node, scope)


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Iterator[ast.arg]:
    """All parameters, `*args` and `**kwargs` too."""
    args = node.args
    yield from args.posonlyargs
    yield from args.args
    yield from args.kwonlyargs
    if args.vararg is not None:
        yield args.vararg
    if args.kwarg is not None:
        yield args.kwarg


class _Collector:
    """Collects the bindings of one scope."""

    def __init__(
        self,
        scope: Scope,
        into: dict[str, list[Binding]],
        stores: dict[str, list[tuple[ast.expr, ast.expr]]],
        changed: set[str],
        added: dict[str, list[ast.expr]],
    ) -> None:
        self.scope = scope
        self.into = into
        self.stores = stores
        self.changed = changed
        self.added = added
        self.otherwise: set[str] = set()
        self.fallback = False
        self.end = 0

    def collect(self) -> None:
        node = self.scope.node
        if isinstance(node, COMPREHENSIONS):
            for generator in node.generators:
                self.target(generator.target, generator.iter, "each of")
        elif isinstance(node, ast.Lambda):
            pass
        else:
            self.body(node.body)
        if isinstance(node, ast.Module) and b"global " in self.scope.module.data:
            self.globals()
        for name in self.otherwise:
            self.added.pop(name, None)

    def add(self, name: str, binding: Binding) -> None:
        binding.fallback = self.fallback
        binding.end = self.end if binding.how == "each of" else 0
        self.into.setdefault(name, []).append(binding)

    def body(self, statements: Iterable[ast.stmt]) -> None:
        for each in statements:
            self.statement(each)

    def statement(self, node: ast.stmt) -> None:
        scope = self.scope
        match node:
            case ast.Assign():
                for target in node.targets:
                    self.target(target, node.value, "is")
            case ast.AnnAssign():
                if node.value is not None:
                    self.target(node.target, node.value, "is")
            case ast.AugAssign():
                if isinstance(node.target, ast.Name):
                    if isinstance(node.op, ast.Add) and isinstance(node.value, ast.List):
                        self.change(node.target.id, "extend", [node.value])
                    else:
                        self.add(node.target.id, Binding("opaque", scope, node))
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)) as method) as call
            ):
                if method.attr in _CHANGES:
                    self.change(name, method.attr, call.args)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.add(node.name, Binding("def", scope, node))
            case ast.ClassDef():
                self.add(node.name, Binding("class", scope, node))
            case ast.Import():
                for alias in node.names:
                    if alias.asname:
                        self.add(alias.asname, Binding("import", scope, node, module=alias.name))
                    else:
                        top = alias.name.partition(".")[0]
                        self.add(top, Binding("import", scope, node, module=top))
            case ast.ImportFrom():
                module = scope.module.absolute(node.module or "", node.level)
                for alias in node.names:
                    if alias.name == "*":
                        scope.module.stars.append(module)
                    else:
                        self.add(
                            alias.asname or alias.name,
                            Binding("import", scope, node, module=module, name=alias.name),
                        )
            case ast.For() | ast.AsyncFor():
                before, self.end = self.end, node.body[-1].end_lineno or 0
                self.target(node.target, node.iter, "each of")
                self.end = before
                self.body(node.body)
                self.body(node.orelse)
            case ast.While() | ast.If():
                self.body(node.body)
                self.body(node.orelse)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    if item.optional_vars is not None:
                        self.target(item.optional_vars, item.context_expr, "opaque")
                self.body(node.body)
            case ast.Try() | ast.TryStar():
                self.body(node.body)
                before, self.fallback = self.fallback, True
                for handler in node.handlers:
                    if handler.name:
                        self.add(handler.name, Binding("opaque", scope, handler))
                    self.body(handler.body)
                self.fallback = before
                self.body(node.orelse)
                self.body(node.finalbody)
            case ast.Match():
                for case in node.cases:
                    self.pattern(case.pattern)
                    self.body(case.body)
            case ast.Delete():
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self.add(target.id, Binding("opaque", scope, node))
            case _:
                pass

    def change(self, name: str, method: str, args: list[ast.expr]) -> None:
        """Take note of a change in place; of what is added by it, if that is all it does."""
        self.changed.add(name)
        match method, args:
            case ("append" | "add", [value]) | ("insert", [_, value]):
                self.added.setdefault(name, []).append(value)
            case "extend", [value]:
                whole = ast.copy_location(ast.Starred(value, ast.Load()), value)
                self.added.setdefault(name, []).append(whole)
            case _:
                self.otherwise.add(name)

    def pattern(self, pattern: ast.pattern) -> None:
        for each in ast.walk(pattern):
            name = getattr(each, "name", None) or getattr(each, "rest", None)
            if isinstance(name, str):
                self.add(name, Binding("opaque", self.scope, each))

    def target(
        self, target: ast.expr, value: ast.expr, how: How, path: tuple[int, ...] = ()
    ) -> None:
        match target:
            case ast.Name():
                if path and how == "is":
                    how = "item of"
                self.add(target.id, Binding(how, self.scope, value, path))
            case ast.Tuple() | ast.List():
                starred = False
                for index, each in enumerate(target.elts):
                    if isinstance(each, ast.Starred):
                        self.target(each.value, value, "opaque")
                        starred = True
                    else:
                        self.target(each, value, "opaque" if starred else how, (*path, index))
            case ast.Subscript(value=ast.Name(id=name)):
                self.stores.setdefault(name, []).append((target.slice, value))
            case _:
                pass

    def globals(self) -> None:
        """What functions bind to names that they declare `global`."""
        for inner in self.scope.module.functions():
            if isinstance(inner.node, ast.Lambda):
                continue
            names = {
                name
                for each in inner.node.body  # type: ignore[union-attr]  # functions alone
                if isinstance(each, ast.Global)
                for name in each.names
            }
            for name in names:
                self.into.setdefault(name, []).extend(inner.bindings.get(name, ()))
