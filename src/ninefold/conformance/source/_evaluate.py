"""Evaluates expressions as far as the source tells, without running any of it.

Over 300 lines: one method for each kind of expression, which call one another.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from ninefold.conformance._facts import Position, Text, Value
from ninefold.conformance.source import _choices as choices
from ninefold.conformance.source import _strings as strings
from ninefold.conformance.source._program import Program
from ninefold.conformance.source._scopes import (
    COMPREHENSIONS,
    FUNCTIONS,
    Binding,
    Scope,
    parameters,
)
from ninefold.conformance.source._values import (
    Api,
    Choice,
    Cls,
    Const,
    Func,
    Instance,
    Instrument,
    Map,
    Meter,
    Mod,
    Node,
    Partial,
    Result,
    Seq,
    Str,
    Unknown,
)

_DEEPEST: Final = 40
_MOST_STEPS: Final = 2_000
"""Steps in which one value is followed. In 4,661 installed files none takes more than 16; functions
of which each calls the next twice take as many as they like."""
_MOST_ITEMS: Final = 200
_MOST_BINDINGS: Final = 8
"""Of a name that is bound more often than this, it is not asked which of them may reach a place."""
_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_BUILTINS: Final = frozenset(
    {
        "dict", "enumerate", "float", "getattr", "int", "list", "reversed", "set", "sorted", "str",
        "super", "tuple", "zip",
    }
)  # fmt: skip
_RECORDS: Final = ("dataclass", "define", "frozen", "attrs")
_TELLING = (Api, Instrument, Meter, Mod)


def _length(result: Result) -> int:
    """How much there is of a value: characters, bits, parts."""
    match result:
        case Const(value=str() as text):
            return len(text)
        case Const(value=int() as number):
            return number.bit_length()
        case Str(parts=parts):
            return sum(len(each) if isinstance(each, str) else 1 for each in parts)
        case _:
            return 0


class Evaluator:
    """What expressions are. `make` is asked about each call, and may know what it declares.

    With `by_default` a parameter that nothing is known of has its default, and a setting that is
    looked up with one (`os.getenv("PREFIX", "shop")`, `prefix or "shop"`) has that; `**options` of
    which nothing is known give no part of a name.
    """

    def __init__(
        self,
        program: Program,
        make: Callable[[ast.Call, Scope], Result | None],
        *,
        by_default: bool = False,
    ) -> None:
        self.program = program
        self._make = make
        self.by_default = by_default
        # Scopes of calls live as long as what was found in them: their ids must not come again.
        self._known: dict[tuple[int, int], tuple[Scope, Result]] = {}
        self._busy: set[tuple[int, int]] = set()
        self._members: dict[int, dict[str, list[Binding]]] = {}
        self._calls: dict[tuple[int, int, int], Scope] = {}
        self._depth = 0
        self._steps = 0
        self._applied: dict[tuple[int, int, int], Node] = {}
        self._chosen: Choice | None = None  # what was met in the evaluation that is under way

    def value(self, node: ast.expr, scope: Scope) -> Result:
        """What an expression is; never raises."""
        if isinstance(node, ast.Constant):
            return Const(node.value)
        key = (id(node), id(scope.call) if scope.call is not None else 0)
        known = self._known.get(key)
        if known is not None:
            if type(known[1]) is Unknown or type(known[1]) is Str:
                self._note(known[1])
            return known[1]
        if key in self._busy or self._depth > _DEEPEST:
            circular = self.unknown(node, scope, f"{shown(node)} refers to itself")
            circular.is_circular = True
            return circular
        self._steps = self._steps + 1 if self._depth else 0
        if self._steps > _MOST_STEPS:
            return self.unknown(node, scope, "it takes too long to follow")
        self._busy.add(key)
        self._depth += 1
        chosen, self._chosen = self._chosen, None
        try:
            result = self._evaluated(node, scope)
        finally:
            self._busy.discard(key)
            self._depth -= 1
        if _length(result) > strings.LONGEST:
            result = self.unknown(node, scope, "it is too long")
        if type(result) is Unknown and result.choice is None:
            result.choice = self._chosen
        self._chosen = chosen
        if type(result) is Unknown or type(result) is Str:
            self._note(result)
        self._known[key] = (scope, result)
        return result

    def _note(self, result: Unknown | Str) -> None:
        """Take note of the choice that a value depends on: so does what is made of it."""
        if self._chosen is None and self._depth:
            for each in result.parts if isinstance(result, Str) else (result,):
                if isinstance(each, Unknown) and each.choice is not None:
                    self._chosen = each.choice
                    return

    def _evaluated(self, node: ast.expr, scope: Scope) -> Result:
        match node:
            case ast.Name():
                return self._name(node, scope)
            case ast.Attribute():
                return self._attribute(node, scope)
            case ast.Call():
                return self._call(node, scope)
            case ast.JoinedStr():
                return strings.joined(self, node, scope)
            case ast.BinOp():
                return self._operation(node, scope)
            case ast.UnaryOp(op=ast.USub()):
                operand = self.value(node.operand, scope)
                if isinstance(operand, Const) and isinstance(operand.value, (int, float)):
                    return Const(-operand.value)
            case ast.Tuple() | ast.List() | ast.Set():
                return self._sequence(node.elts, scope)
            case ast.Dict():
                return self._mapping(node, scope)
            case ast.Subscript():
                return self._subscript(node, scope)
            case ast.IfExp():
                picked = scope.pick(id(node))
                if isinstance(picked, Node):
                    return self.value(picked.node, picked.scope)
                return self._either((node.body, node.orelse), node, scope)
            case ast.BoolOp(op=ast.Or()):
                return self._either(node.values, node, scope)
            case ast.NamedExpr():
                return self.value(node.value, scope)
            case ast.Await():
                return self.value(node.value, scope)
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp():
                return self._comprehension(node, scope)
            case ast.Lambda():
                return Func(node, scope)
            case _:
                pass
        return self.unknown(node, scope, f"{shown(node)} is only known when it runs")

    def unknown(self, node: ast.expr, scope: Scope, why: str) -> Unknown:
        """An unknown with its reason."""
        return Unknown(why, self.shape(node, scope))

    # Names

    def _name(self, node: ast.Name, scope: Scope) -> Result:
        name = node.id
        for each in scope.chain():
            if each.args is not None and name in each.args:
                given = each.args[name]
                if given is not None:
                    return self.value(given.node, given.scope)
                return self.unknown(node, scope, f"`{name}` is only known when it runs")
            found = self._parameter(node, each) if isinstance(each.node, FUNCTIONS) else None
            if found is not None:
                return found
            bindings = each.bindings.get(name)
            if bindings:
                found = self.choose(bindings, node, scope)
                if isinstance(found, (Seq, Map)) and each.is_changed(name):
                    if isinstance(found, Map):
                        return Map(found.items, complete=False)
                    more = self._sequence(each.added(name) or (), each)
                    is_known = each.added(name) is not None and more.complete
                    return Seq(found.items, complete=False, added=more.items if is_known else None)
                return found
        for module in tuple(scope.module.stars):
            found = self._exported(module, name, scope.module.root)
            if found is not None:
                return found
        if name in _BUILTINS:
            return Api(f"builtins.{name}")
        return self.unknown(node, scope, f"`{name}` is not found")

    def _parameter(self, node: ast.Name, scope: Scope) -> Result | None:
        function = scope.node
        assert isinstance(function, FUNCTIONS)
        for index, each in enumerate(parameters(function)):
            if each.arg != node.id:
                continue
            if index == 0 and scope.parent is not None and not isinstance(function, ast.Lambda):
                outer = scope.parent
                if isinstance(outer.node, ast.ClassDef) and not has(function, "staticmethod"):
                    cls = Cls(outer.node, outer)
                    return cls if has(function, "classmethod") else Instance(cls)
            if each.annotation is not None and scope.parent is not None:
                annotated = self.value(each.annotation, scope.parent)
                if isinstance(annotated, Cls):
                    return Instance(annotated)
            if self.by_default and not isinstance(function, ast.Lambda):
                given = _default(function, node.id)
                if given is not None and scope.parent is not None:
                    return self.value(given, scope.parent)
            unknown = self.unknown(node, scope, f"`{node.id}` is a parameter")
            unknown.function = scope
            return unknown
        return None

    def choose(self, bindings: Iterable[Binding], node: ast.expr, scope: Scope) -> Result:
        """The one thing that bindings give, where they agree; None stands for what is to come."""
        listed = list(bindings)
        if 1 < len(listed) <= _MOST_BINDINGS:
            listed = choices.that_hold(listed, node, scope)
        results = [self._bound(each) for each in listed if not each.fallback]
        results = results or [self._bound(each) for each in listed]
        some = [each for each in results if each != Const(None)] or results[:1]
        if len(some) == 1 or all(each == some[0] for each in some):
            return some[0]
        if self.by_default:
            # `NAME = getattr(settings, "NAME", NAME)`: by default it is what it was.
            known = [each for each in some if not (isinstance(each, Unknown) and each.is_circular)]
            if known and is_text(known[0]) and all(each == known[0] for each in known):
                return known[0]
        telling = [each for each in some if isinstance(each, _TELLING)]
        if len(telling) == 1 and not any(isinstance(each, (Const, Str)) for each in some):
            return telling[0]
        unknown = self.unknown(node, scope, f"{shown(node)} has several values")
        if len(results) == len(listed) <= _MOST_BINDINGS and all(is_text(each) for each in results):
            unknown.choice = choices.of_parts(listed)
        return unknown

    def _bound(self, binding: Binding) -> Result:
        node, scope = binding.node, binding.scope
        match binding.how:
            case "is" if isinstance(node, ast.expr):
                return self.value(node, scope)
            case "item of" if isinstance(node, ast.expr):
                found = self.value(node, scope)
                for index in binding.path:
                    if not isinstance(found, Seq) or index >= len(found.items):
                        return self.unknown(node, scope, f"{shown(node)} cannot be unpacked")
                    item = found.items[index]
                    found = self.value(item.node, item.scope)
                return found
            case "def" if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                return Func(node, scope)
            case "class" if isinstance(node, ast.ClassDef):
                return Cls(node, scope.module.child(node, scope))
            case "import":
                return self.imported(binding.module, binding.name, scope.module.root)
            case "each of" if isinstance(node, ast.expr):
                return choices.in_turn(self, binding)
            case _:
                where = node if isinstance(node, ast.expr) else ast.Name("", lineno=1, col_offset=0)
                return self.unknown(where, scope, "it is changed")

    # Imports

    def imported(self, module: str, name: str, near: str) -> Result:
        """What `from module import name` gives a file of the root `near`."""
        dotted = f"{module}.{name}" if name else module
        if is_api(dotted):
            return Api(dotted)
        if not name:
            return Mod(module, near)
        found = self._exported(module, name, near)
        if found is not None:
            return found
        if self.program.named(dotted, near) is not None:
            return Mod(dotted, near)
        return Api(dotted)

    def _exported(self, module: str, name: str, near: str) -> Result | None:
        if is_api(f"{module}.{name}"):
            return Api(f"{module}.{name}")
        home = self.program.named(module, near)
        key = (id(home), hash(name))
        if home is None or key in self._busy or self._depth > _DEEPEST:
            return None
        self._busy.add(key)
        self._depth += 1
        try:
            bindings = home.scope.bindings.get(name)
            if bindings:
                return self.choose(bindings, ast.Name(name, lineno=1, col_offset=0), home.scope)
            for star in home.stars:
                found = self._exported(star, name, home.root)
                if found is not None:
                    return found
        finally:
            self._busy.discard(key)
            self._depth -= 1
        return None

    # Attributes

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Result:
        return self._attribute_of(self.value(node.value, scope), node.attr, node, scope)

    def _attribute_of(self, base: Result, name: str, node: ast.expr, scope: Scope) -> Result:
        match base:
            case Api(name=module):
                dotted = f"{module}.{name}"
                return Api(dotted) if is_api(dotted) else Mod(dotted, scope.module.root)
            case Mod():
                return self.imported(base.name, name, base.path)
            case Instance(cls=cls) | (Cls() as cls):
                given = self.field(base, name) if isinstance(base, Instance) else None
                if given is not None:
                    return self.value(given.node, given.scope)
                found = self.member(cls, name, base)
                if isinstance(found, Const) and isinstance(base, Instance) and not self.by_default:
                    # Each object has its own; what the class gives is a default.
                    found = None if has(cls.node, *_RECORDS) else found
                if found is not None:
                    return found
            case Const() | Seq() if name == "value":
                return base  # an enum's member
            case _:
                pass
        return self.unknown(node, scope, f"{shown(node)} is not known here")

    def field(self, record: Instance, name: str) -> Node | None:
        """What the field of a record was given, or is by default; None where it is no record."""
        cls, made = record.cls.node, record.made
        if made is None or not isinstance(made.node, ast.Call) or not self._is_record(record.cls):
            return None
        fields = {
            each.target.id: each.value
            for each in cls.body
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        }
        if name not in fields:
            return None
        for keyword in made.node.keywords:
            if keyword.arg == name:
                return Node(keyword.value, made.scope)
        index = list(fields).index(name)
        given = made.node.args
        if any(isinstance(each, ast.Starred) for each in given):
            return None
        if index < len(given):
            # With `kw_only` there would be none by position.
            return Node(given[index], made.scope)
        default = fields[name]
        is_whole = all(each.arg is not None for each in made.node.keywords)
        return Node(default, record.cls.scope) if default is not None and is_whole else None

    def _is_record(self, cls: Cls) -> bool:
        if cls.node.bases:
            # What a base adds comes first, and is not looked for.
            return any(dotted_name(each).endswith("NamedTuple") for each in cls.node.bases)
        return has(cls.node, *_RECORDS)

    def member(self, cls: Cls, name: str, owner: Cls | Instance, deep: int = 0) -> Result | None:
        """The attribute `name` of a class or an object of it; None where it is not found."""
        bindings = [*cls.scope.bindings.get(name, ()), *self._own(cls).get(name, ())]
        if bindings:
            found = self.choose(bindings, ast.Name(name, lineno=1, col_offset=0), cls.scope)
            if not isinstance(found, Func) or isinstance(found.node, ast.Lambda):
                return found
            if has(found.node, "property", "cached_property"):
                return self.returned(Func(found.node, found.scope, owner), None, cls.scope)
            if has(found.node, "staticmethod"):
                return found
            return Func(found.node, found.scope, owner)
        if deep < 8 and cls.scope.parent is not None:
            for each in cls.node.bases:
                parent = self.value(each, cls.scope.parent)
                if isinstance(parent, Cls) and parent.node is not cls.node:
                    inherited = self.member(parent, name, owner, deep + 1)
                    if inherited is not None:
                        return inherited
        return None

    def _own(self, cls: Cls) -> dict[str, list[Binding]]:
        """What a class's methods assign to attributes of `self`."""
        known = self._members.get(id(cls.node))
        if known is not None:
            return known
        found = self._members[id(cls.node)] = {}
        for method in cls.node.body:
            if not isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            first = next(parameters(method), None)
            if first is None:
                continue
            scope = cls.scope.module.child(method, cls.scope)
            for each in ast.walk(method):
                if isinstance(each, ast.Assign):
                    targets, value = each.targets, each.value
                elif isinstance(each, ast.AnnAssign) and each.value is not None:
                    targets, value = [each.target], each.value
                else:
                    continue
                for target in targets:
                    match target:
                        case ast.Attribute(value=ast.Name(id=owner)) if owner == first.arg:
                            found.setdefault(target.attr, []).append(Binding("is", scope, value))
                        case _:
                            pass
        return found

    # Calls

    def _call(self, node: ast.Call, scope: Scope) -> Result:
        made = self._make(node, scope)
        if made is not None:
            return made
        if isinstance(node.func, ast.Attribute):
            text = strings.method(self, node, node.func, scope)
            if text is not None:
                return text
            if node.func.attr in ("items", "keys", "values", "fromkeys"):
                items = self._items(node, node.func, scope)
                if items is not None:
                    return items
        if self.by_default and called_name(node) in ("get", "getenv", "getattr", "pop"):
            given = node.args[-1] if len(node.args) >= 2 else None
            if given is not None:
                return self.value(given, scope)
        function = self.value(node.func, scope)
        match function:
            case Cls():
                return Instance(function, Node(node, scope))
            case Func():
                return self.returned(function, node, scope)
            case Partial():
                applied = self.applied(function, node, scope)
                return self.value(applied.node, applied.scope)
            case Api(name=name):
                built = self._builtin(name, node, scope)
                if built is not None:
                    return built
            case _:
                pass
        return self.unknown(node, scope, f"{shown(node)} is only known when it runs")

    def _builtin(self, name: str, node: ast.Call, scope: Scope) -> Result | None:
        first = node.args[0] if node.args else None
        match name.removeprefix("builtins."):
            case "dict":
                return self._dict_of(node, scope)
            case "list" | "tuple" | "set" | "sorted" | "reversed" if first is not None:
                found = self.value(first, scope)
                if isinstance(found, Seq):
                    return found
                items = choices.iterated(self, found)
                return Seq(items) if items else None
            case "str" if first is not None:
                found = self.value(first, scope)
                if isinstance(found, Str) or (
                    isinstance(found, Const) and isinstance(found.value, str)
                ):
                    return found
            case "float" if first is not None:
                found = self.value(first, scope)
                if isinstance(found, Const):
                    try:
                        return Const(float(found.value))  # type: ignore[arg-type]  # or it raises
                    except (TypeError, ValueError):
                        return None
            case "types.MappingProxyType" if first is not None:
                found = self.value(first, scope)
                return found if isinstance(found, Map) else None
            case "functools.partial" if first is not None and not isinstance(first, ast.Starred):
                return Partial(node, scope)
            case "enumerate" if first is not None:
                items = choices.iterated(self, self.value(first, scope))
                start = self.value(node.args[1], scope) if len(node.args) == 2 else Const(0)
                if items and isinstance(start, Const) and isinstance(start.value, int):
                    return choices.counted(items, start.value)
            case "zip":
                columns = [self.value(each, scope) for each in node.args]
                known = [each for each in columns if isinstance(each, Seq) and each.complete]
                return choices.zipped(known) if len(known) == len(columns) else None
            case "getattr" if len(node.args) >= 2:
                key = self.value(node.args[1], scope)
                if isinstance(key, Const) and isinstance(key.value, str):
                    base = self.value(node.args[0], scope)
                    return self._attribute_of(base, key.value, node, scope)
            case _:
                pass
        return None

    def _items(self, node: ast.Call, function: ast.Attribute, scope: Scope) -> Result | None:
        """What the methods of a dict give."""
        if function.attr == "fromkeys":
            if dotted_name(function) != "dict.fromkeys" or not node.args:
                return None
            found = self.value(node.args[0], scope)
            return found if isinstance(found, Seq) else None
        base = self.value(function.value, scope)
        return choices.of_items(base, function.attr) if isinstance(base, Map) else None

    def applied(self, partial: Partial, node: ast.Call, scope: Scope) -> Node:
        """A call of what `functools.partial` made, as one call with all arguments."""
        at = id(scope.call) if scope.call is not None else 0
        key = (id(partial), id(node), at)
        found = self._applied.get(key)
        if found is None:
            given: dict[str, Node | None] = {}

            def passed(value: ast.expr) -> ast.expr:
                if isinstance(value, ast.Starred):
                    return ast.copy_location(ast.Starred(passed(value.value), ast.Load()), value)
                name = f"{len(given)}"  # no name of the source is a number
                given[name] = Node(value, scope)
                return ast.copy_location(ast.Name(name, ast.Load()), value)

            named = {each.arg for each in node.keywords}
            call = ast.Call(
                partial.node.args[0],
                [*partial.node.args[1:], *map(passed, node.args)],
                [
                    *(each for each in partial.node.keywords if each.arg not in named),
                    *(
                        ast.copy_location(ast.keyword(each.arg, passed(each.value)), each)
                        for each in node.keywords
                    ),
                ],
            )
            ast.copy_location(call, partial.node)
            function = ast.Lambda(ast.arguments([], [], None, [], [], None, []), call)
            inner = Scope(partial.scope.module, function, partial.scope, given, Node(node, scope))
            found = self._applied[key] = Node(call, inner)
        return found

    def returned(self, function: Func, node: ast.Call | None, scope: Scope) -> Result:
        """What a function gives when it is called, if it has one `return` that can be read."""
        body = function.node.body
        where = node if node is not None else ast.Name("", lineno=1, col_offset=0)
        if isinstance(body, ast.expr):
            values: list[ast.expr] = [body]
        else:
            values = list(_returns(body))
        if len(values) != 1 or isinstance(function.node, ast.AsyncFunctionDef):
            return self.unknown(where, scope, f"{shown(where)} is only known when it runs")
        inner = self.call_scope(function, node, scope)
        return self.value(values[0], inner)

    def call_scope(self, function: Func, node: ast.Call | None, scope: Scope) -> Scope:
        """A function's scope in one call of it."""
        at = id(scope.call) if scope.call is not None else 0
        key = (id(function.node), id(node), at)
        found = self._calls.get(key)
        if found is None:
            plain = function.scope.module.child(function.node, function.scope)
            args = self._arguments(function, node, scope)
            outer = None if node is None else Node(node, scope)
            found = self._calls[key] = plain.called(args, outer)
        return found

    def _arguments(
        self, function: Func, node: ast.Call | None, scope: Scope
    ) -> dict[str, Node | None]:
        """What the parameters are in a call; None where that is not known."""
        spec = function.node.args
        positional = [*spec.posonlyargs, *spec.args]
        bound: dict[str, Node | None] = {}
        for each, default in zip(reversed(positional), reversed(spec.defaults), strict=False):
            bound[each.arg] = Node(default, function.scope)
        for each, given in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            bound[each.arg] = None if given is None else Node(given, function.scope)
        if function.bound is not None:
            positional = positional[1:]
        for each in positional:
            bound.setdefault(each.arg, None)
        for extra in (spec.vararg, spec.kwarg):
            if extra is not None:
                bound[extra.arg] = None
        if node is None:
            return bound
        names = [each.arg for each in positional]
        for index, value in enumerate(node.args):
            if isinstance(value, ast.Starred):
                bound.update(dict.fromkeys(names[index:]))
                break
            if index < len(names):
                bound[names[index]] = Node(value, scope)
        for keyword in node.keywords:
            if keyword.arg is None:
                given_names = {each.arg for each in node.keywords}
                unsure = [each for each in bound if each not in given_names]
                bound.update(dict.fromkeys(unsure[len(node.args) :]))
            elif keyword.arg in bound:
                bound[keyword.arg] = Node(keyword.value, scope)
        return bound

    # Operations and containers

    def _operation(self, node: ast.BinOp, scope: Scope) -> Result:
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        if isinstance(node.op, ast.Mod):
            formatted = strings.percent(self, left, node, scope)
            if formatted is not None:
                return formatted
        if isinstance(node.op, ast.Add):
            if isinstance(left, Seq) and isinstance(right, Seq):
                return Seq((*left.items, *right.items), left.complete and right.complete)
            if is_text(left) or is_text(right):
                return strings.concatenated(
                    (self.as_part(left, node.left, scope), self.as_part(right, node.right, scope))
                )
        if isinstance(node.op, ast.BitOr) and isinstance(left, Map) and isinstance(right, Map):
            return Map((*left.items, *right.items), left.complete and right.complete)
        function = _ARITHMETIC.get(type(node.op))
        if (
            function is not None
            and isinstance(left, Const)
            and isinstance(right, Const)
            and isinstance(left.value, (int, float))
            and isinstance(right.value, (int, float))
        ):
            try:
                return Const(function(left.value, right.value))
            except (ArithmeticError, ValueError):
                pass
        return self.unknown(node, scope, f"{shown(node)} is only known when it runs")

    def as_part(self, result: Result, node: ast.expr, scope: Scope) -> str | Str | Unknown:
        """A value as part of a text."""
        match result:
            case Const(value=bool() | None):
                return self.unknown(node, scope, f"{shown(node)} is no text")
            case Const(value=str() | int() as value):
                return str(value)
            case Str() | Unknown():
                return result
            case _:
                return self.unknown(node, scope, f"{shown(node)} is only known when it runs")

    def _either(self, nodes: Iterable[ast.expr], node: ast.expr, scope: Scope) -> Result:
        found = [self.value(each, scope) for each in nodes]
        some = [each for each in found if each != Const(None)] or found
        if all(each == some[0] for each in some):
            return some[0]
        known = [each for each in some if not isinstance(each, Unknown)]
        if self.by_default and isinstance(node, ast.BoolOp) and known:
            return known[-1]
        telling = [each for each in some if isinstance(each, (Api, Instrument, Meter))]
        if len(telling) == 1 and not any(isinstance(each, (Const, Str)) for each in some):
            return telling[0]
        unknown = self.unknown(node, scope, f"{shown(node)} depends on a condition")
        if isinstance(node, ast.IfExp) and all(is_text(each) for each in found):
            options = (Node(node.body, scope), Node(node.orelse, scope))
            unknown.choice = Choice(id(node), scope, node, options)
        return unknown

    def _sequence(self, nodes: Iterable[ast.expr], scope: Scope) -> Seq:
        items: list[Node] = []
        complete = True
        for each in nodes:
            if isinstance(each, ast.Starred):
                inner = self.value(each.value, scope)
                if isinstance(inner, Seq):
                    items.extend(inner.items)
                    complete = complete and inner.complete
                else:
                    complete = False
            else:
                items.append(Node(each, scope))
        return Seq(tuple(items), complete)

    def _mapping(self, node: ast.Dict, scope: Scope) -> Map:
        items: list[tuple[Node, Node]] = []
        complete = True
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                items.append((Node(key, scope), Node(value, scope)))
                continue
            inner = self.value(value, scope)
            if isinstance(inner, Map):
                items.extend(inner.items)
                complete = complete and inner.complete
            else:
                complete = False
        return Map(tuple(items), complete)

    def _dict_of(self, node: ast.Call, scope: Scope) -> Map:
        items: list[tuple[Node, Node]] = []
        complete = True
        for each in (*node.args, *(kw.value for kw in node.keywords if kw.arg is None)):
            inner = self.value(each, scope)
            if isinstance(inner, Map):
                items.extend(inner.items)
                complete = complete and inner.complete
            else:
                complete = False
        for keyword in node.keywords:
            if keyword.arg is not None:
                key = ast.copy_location(ast.Constant(keyword.arg), keyword)
                items.append((Node(key, scope), Node(keyword.value, scope)))
        return Map(tuple(items), complete)

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Result:
        base = self.value(node.value, scope)
        index = self.value(node.slice, scope)
        if isinstance(index, Const):
            if isinstance(base, Map):
                for key, value in reversed(base.items):
                    if self.value(key.node, key.scope) == index:
                        return self.value(value.node, value.scope)
            elif (
                isinstance(base, Seq)
                and isinstance(index.value, int)
                and base.complete
                and -len(base.items) <= index.value < len(base.items)
            ):
                item = base.items[index.value]
                return self.value(item.node, item.scope)
        if isinstance(base, Api):
            return base  # a generic, as in Metric[...]
        return self.unknown(node, scope, f"{shown(node)} is only known when it runs")

    def _comprehension(
        self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, scope: Scope
    ) -> Result:
        generator = node.generators[0]
        over = self.value(generator.iter, scope)
        if (
            len(node.generators) == 1
            and not generator.ifs
            and isinstance(generator.target, ast.Name)
            and isinstance(over, Seq)
            and over.complete
            and len(over.items) <= _MOST_ITEMS
        ):
            inner = scope.module.child(node, scope)
            name = generator.target.id
            return Seq(tuple(Node(node.elt, inner.called({name: i}, None)) for i in over.items))
        return self.unknown(node, scope, f"{shown(node)} is only known when it runs")

    # What facts are made of

    def text(self, node: ast.expr, scope: Scope, *, is_name: bool = False) -> Text:
        """An expression as text, as far as it is known.

        A metric's name stands where the literal does that it is made of in each turn of a loop.
        """
        position = self.position(node, scope, whole=not is_name)
        found = self.value(node, scope)
        parts: tuple[str | Unknown, ...]
        match found:
            case Const(value=str() as value):
                return Text((value,), position, is_literal=self._stands(node, scope) == value)
            case Str():
                parts = found.parts
            case Unknown():
                parts = (found,)
            case _:
                parts = (self.unknown(node, scope, f"{shown(node)} is no text that can be read"),)
        missing = [each for each in parts if isinstance(each, Unknown)]
        return Text(
            tuple(each if isinstance(each, str) else None for each in parts),
            position,
            missing[0].why if missing else "",
            tuple(each.value for each in missing),
        )

    def _stands(self, node: ast.expr, scope: Scope) -> object:
        """The literal that stands where `position` is; None where it is none."""
        if isinstance(node, ast.Constant):
            return node.value
        given = self._given(node, scope) if scope.call is not None else None
        return None if given is None else self._stands(given.node, given.scope)

    def position(self, node: ast.expr, scope: Scope, *, whole: bool = True) -> Position:
        """Where findings about an expression belong: what a call was given stands in that call."""
        if scope.call is not None:
            given = choices.origin(self, node, scope, whole=whole) if scope.is_in_turn() else None
            if given is None or not given.scope.module.is_read:
                given = self._given(node, scope)
            if given is not None and given.node is not node:
                return self.position(given.node, given.scope, whole=whole)
        if not scope.module.is_read:
            outer = scope.outermost_call()
            if outer is not None:
                return outer.scope.module.position(outer.node)
        return scope.module.position(node)

    def call_position(self, node: ast.Call, scope: Scope) -> Position:
        """Where a declaration belongs: the call that the run reads, not one within a wrapper."""
        outer = scope.outermost_call()
        if outer is not None and outer.scope.module.is_read:
            return outer.scope.module.position(outer.node)
        return scope.module.position(node)

    def branches(self, node: ast.Call, scope: Scope) -> tuple[tuple[int, str], ...]:
        """The alternatives that what `call_position` gives stands in."""
        outer = scope.outermost_call()
        if outer is not None and outer.scope.module.is_read:
            return outer.scope.module.branches(outer.node)
        return scope.module.branches(node)

    def _given(self, node: ast.expr, scope: Scope) -> Node | None:
        for each in ast.walk(node):
            if isinstance(each, ast.Name):
                for holder in scope.chain():
                    if holder.args is not None and each.id in holder.args:
                        given = holder.args[each.id]
                        if given is not None and holder.outer is not None:
                            return given
        return None

    def described(self, node: ast.expr, scope: Scope) -> Value:
        """What an attribute is set to: its value where it is known, else what it is read from."""
        found = self.value(node, scope)
        shape = self.shape(node, scope)
        if isinstance(found, Const) and isinstance(found.value, (str, int, float, bool)):
            return Value(shape.kind, shape.position, found.value, True, shape.dotted, shape.inner)
        if isinstance(node, ast.Name):
            for each in scope.chain():
                bindings = each.bindings.get(node.id, ())
                if len(bindings) == 1 and bindings[0].how == "is":
                    source = bindings[0].node
                    if isinstance(source, ast.expr) and source is not node:
                        inner = (self.shape(source, bindings[0].scope),)
                        return Value("name", shape.position, dotted=shape.dotted, inner=inner)
                if bindings:
                    break
        return shape

    def shape(self, node: ast.expr, scope: Scope, deep: int = 0) -> Value:
        """An expression's form, without looking anything up."""
        position = self.position(node, scope)
        match node:
            case ast.Constant(value=str() | int() | float() | bool() | None as value):
                return Value("literal", position, value, True)
            case ast.Name() | ast.Attribute():
                return Value("name", position, dotted=dotted_name(node))
            case ast.Call() if deep < 3:
                inner = tuple(self.shape(each, scope, deep + 1) for each in node.args)
                return Value("call", position, dotted=dotted_name(node.func), inner=inner)
            case ast.JoinedStr() if deep < 3:
                parts = tuple(
                    self.shape(
                        each.value if isinstance(each, ast.FormattedValue) else each,
                        scope,
                        deep + 1,
                    )
                    for each in node.values
                )
                return Value("fstring", position, inner=parts)
            case ast.Await():
                return self.shape(node.value, scope, deep)
            case ast.BoolOp() if deep < 3:
                inner = tuple(self.shape(each, scope, deep + 1) for each in node.values)
                return Value("other", position, inner=inner)
            case ast.IfExp() if deep < 3:
                inner = tuple(
                    self.shape(each, scope, deep + 1) for each in (node.body, node.orelse)
                )
                return Value("other", position, inner=inner)
            case _:
                return Value("other", position)


def is_text(result: Result) -> bool:
    """Whether a value is text, wholly known or not."""
    return isinstance(result, Str) or (isinstance(result, Const) and isinstance(result.value, str))


def is_api(dotted: str) -> bool:
    """Whether a dotted name is that of an API whose meaning is known, and not its source's."""
    if dotted.startswith("opentelemetry"):
        return not dotted.startswith("opentelemetry.semconv")
    if dotted.startswith("ninefold.registry"):
        return dotted.endswith(".Metric")
    return dotted.partition(".")[0] == "prometheus_client"


def has(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, *names: str) -> bool:
    """Whether a function or class has one of these decorators, by its last name."""
    called = (each.func if isinstance(each, ast.Call) else each for each in node.decorator_list)
    return any(
        (each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "")) in names
        for each in called
    )


def dotted_name(node: ast.expr) -> str:
    """`a.b.c` of names and attributes; what is called or indexed on the way is left out."""
    names: list[str] = []
    while True:
        match node:
            case ast.Attribute():
                names.append(node.attr)
                node = node.value
            case ast.Name():
                names.append(node.id)
                break
            case ast.Call():
                node = node.func
            case ast.Subscript():
                node = node.value
            case _:
                break
    return ".".join(reversed(names))


def called_name(node: ast.Call) -> str:
    """The last name of what is called; empty where it has none."""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _default(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> ast.expr | None:
    """The default of a parameter, if it has one."""
    spec = node.args
    positional = [*spec.posonlyargs, *spec.args]
    for each, default in zip(reversed(positional), reversed(spec.defaults), strict=False):
        if each.arg == name:
            return default
    for each, given in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if each.arg == name:
            return given
    return None


def shown(node: ast.expr) -> str:
    """An expression for people, in backticks."""
    name = dotted_name(node)
    if not name:
        return "the expression"
    return f"`{name}()`" if isinstance(node, ast.Call) else f"`{name}`"


def _returns(body: Iterable[ast.stmt]) -> Iterable[ast.expr]:
    for each in body:
        if isinstance(each, ast.Return):
            if each.value is not None:
                yield each.value
        elif not isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for field in ("body", "orelse", "finalbody"):
                yield from _returns(getattr(each, field, ()))
            for handler in getattr(each, "handlers", ()):
                yield from _returns(handler.body)


__all__ = ["COMPREHENSIONS", "Evaluator", "dotted_name", "has", "is_api", "is_text", "shown"]
