"""Reads the declarations and uses of metrics out of parsed modules.

Over 300 lines: one object that looks at calls in rounds, each of which needs what the one before
has found: declarations, the functions that only pass a name on, calls of those, and uses.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from ninefold.conformance._facts import Buckets, Declaration, Text, Use
from ninefold.conformance.source import _declare as declare
from ninefold.conformance.source._declare import OPENTELEMETRY, PROMETHEUS
from ninefold.conformance.source._evaluate import Evaluator, called_name
from ninefold.conformance.source._lines import called_on, lines_of, words_in
from ninefold.conformance.source._made import Made, Turns, unknown_in
from ninefold.conformance.source._module import Module
from ninefold.conformance.source._program import Program
from ninefold.conformance.source._scopes import COMPREHENSIONS, FUNCTIONS, Scope
from ninefold.conformance.source._uses import (
    RECORDS,
    callback_uses,
    labels_of,
    use_of,
)
from ninefold.conformance.source._values import (
    Api,
    Cls,
    Const,
    Func,
    Instance,
    Instrument,
    Meter,
    Mod,
    Node,
    Partial,
    Result,
    Str,
    Unknown,
)

_RECORDING: Final = (b".add", b".record", b".set", b".inc", b".dec", b".observe", b".labels")
_CALLS: Final = (
    b"ounter", b"auge", b"istogram", b"ummary", b"etric", b"Info", b"Enum", b"create_", b"super",
    b"View", *_RECORDING,
)  # fmt: skip
"""Parts of what is called where a metric is made or recorded on: `Counter`, `make_counter`, …"""
_WRAPPER: Final = re.compile(r"(?i)counter|gauge|histogram|summary|metric|meter|\Acreate_")
_MEASURES: Final = re.compile(r"(?i)otel|opentelemetry|meter|metric|telemetry|instrument|monitor")
_MOST_ROUNDS: Final = 3
_DEEPEST_CALL: Final = 3


class Reader:
    """Collects facts; feed it modules, then `finish`."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.evaluator = Evaluator(program, self._make)
        self._made: dict[tuple[int, int], Made] = {}
        self._sites: list[tuple[ast.Call, Scope]] = []
        self._modules: list[tuple[Module, bool]] = []
        self._names: dict[int, str] = {}
        self._templates: dict[int, list[Made]] = {}
        self._instantiated: set[tuple[int, int, int]] = set()
        self._views: list[tuple[str, Buckets]] = []

    # The rounds

    def declares(self, module: Module) -> None:
        """Look at a module that may declare something."""
        self._modules.append((module, True))
        aliases = _aliases(module)
        places = called_on(module.data, _CALLS) | words_in(module.data, aliases)
        for node, scope in self._calls(module, places):
            name = called_name(node)
            if name in RECORDS and isinstance(node.func, ast.Attribute):
                self._sites.append((node, scope))
            if name in OPENTELEMETRY or name in PROMETHEUS or name in ("Metric", "__init__"):
                self.evaluator.value(node, scope)
            elif name == "View":
                self._note_view(node, scope)
            elif name in aliases:
                self.evaluator.value(node, scope)
                self._call_of(node, scope)
            elif name not in RECORDS and _WRAPPER.search(name):
                self._call_of(node, scope)

    def _note_view(self, node: ast.Call, scope: Scope) -> None:
        """Take note of the histograms that a view of OpenTelemetry gives boundaries."""
        given = declare.Arguments(
            self.evaluator, node, scope, ("instrument_type", "instrument_name")
        )
        aggregation, pattern = given.node("aggregation"), given.text("instrument_name")
        if (
            aggregation is not None
            and pattern is not None
            and pattern.value is not None
            and isinstance(aggregation.node, ast.Call)
            and called_name(aggregation.node) == "ExplicitBucketHistogramAggregation"
        ):
            position = self.evaluator.position(aggregation.node, aggregation.scope)
            self._views.append((pattern.value, Buckets(None, position)))

    def _viewed(self, declaration: Declaration) -> Declaration:
        """A declaration with the boundaries that a view gives it, of which no more is read."""
        name = declaration.name.value
        is_bare = declaration.kind == "histogram" and declaration.buckets is None
        if name is not None and is_bare and declaration.api == "opentelemetry":
            from fnmatch import fnmatch  # few runs need it

            for pattern, buckets in self._views:
                if fnmatch(name.lower(), pattern.lower()):
                    return declaration.changed(buckets=buckets)
        return declaration

    def wrappers(self) -> dict[str, set[int]]:
        """The functions found so far that make metrics whose names are given to them.

        Each is named with the package that it is found in, as in `shop:make_counter`.
        """
        found: dict[str, set[int]] = {}
        for made in list(self._made.values()):
            if made.scope.call is not None and made.scope.outermost_call() is None:
                continue
            for node in made.functions:
                templates = self._templates.setdefault(id(node), [])
                if made not in templates:
                    templates.append(made)
                    self._instantiated.clear()  # what was called before makes this one too
                name = getattr(node, "name", "")
                if name == "__init__":
                    name = self._class_of(made, node)
                if name:
                    found.setdefault(f"{made.scope.module.top}:{name}", set()).add(id(node))
        if found:
            every = set().union(*found.values())
            for module, _ in self._modules:
                start = f"{module.top}:"
                names = {each[len(start) :] for each in found if each.startswith(start)}
                for name in _with_aliases(module, names) - names:
                    found.setdefault(start + name, every)
        return found

    def _class_of(self, made: Made, node: ast.AST) -> str:
        scope: Scope | None = made.scope
        while scope is not None:
            if scope.node is node and scope.parent is not None:
                return getattr(scope.parent.node, "name", "")
            scope = scope.parent
        return ""

    def calls(self, module: Module, names: Iterable[str], *, is_new: bool) -> None:
        """Look for calls of wrappers in a module; one that `is_new` was not looked at before."""
        if is_new:
            self._modules.append((module, False))
        wanted = _with_aliases(module, set(names))
        for node, scope in self._calls(module, words_in(module.data, wanted)):
            if called_name(node) in wanted:
                self._call_of(node, scope)

    def uses_in(self, module: Module) -> None:
        """Look for uses in a module that declares nothing itself."""
        for node, scope in self._calls(module, called_on(module.data, _RECORDING)):
            if called_name(node) in RECORDS and isinstance(node.func, ast.Attribute):
                self._sites.append((node, scope))

    def names(self) -> set[str]:
        """The names and attributes that instruments are bound to, as in `shop:orders`."""
        found: set[str] = set()
        for made in self._made.values():
            for each in (Node(made.node, made.scope), made.scope.outermost_call()):
                if each is not None and id(each.node) in self._names:
                    found.add(f"{each.scope.module.top}:{self._names[id(each.node)]}")
        return found

    def finish(self) -> tuple[list[Declaration], list[Use]]:
        """All declarations and uses, in the order of files and lines."""
        by_default = Evaluator(self.program, lambda node, scope: None, by_default=True)
        turned = self._in_turns(by_default)
        declarations: dict[Declaration, Made] = {}
        for made in self._made.values():
            outer = made.scope.outermost_call()
            if made.scope.call is not None and outer is None and made.scope.call.picked is None:
                continue
            module = made.scope.module if outer is None else outer.scope.module
            if module.is_read and not made.is_replaced and not _hands_on(made):
                declarations[made.declaration] = made
        settled = self._by_default(declarations, by_default)
        if self._views:
            for each in declarations:
                before = settled.get(each, each)
                viewed = self._viewed(before)
                if viewed is not before:
                    settled[each] = viewed
        uses: list[Use] = []
        for declaration, made in declarations.items():
            if declaration.observable and declaration.api == "opentelemetry":
                uses.extend(callback_uses(self.evaluator, made.node, made.scope, declaration))
        for node, scope in self._sites:
            use = use_of(self.evaluator, node, scope)
            if use is not None:
                every = turned.get(use.declaration, [use.declaration])
                uses.extend(
                    use if each is use.declaration else use.of(each)
                    for each in every
                    if each in declarations
                )
        uses = [
            each.of(settled[each.declaration]) if each.declaration in settled else each
            for each in uses
        ]
        found = [settled.get(each, each) for each in declarations]
        return (
            sorted(found, key=lambda each: (each.position, each.name.position)),
            sorted(uses, key=lambda each: each.position),
        )

    def _in_turns(self, by_default: Evaluator) -> dict[Declaration, list[Declaration]]:
        """Have those whose name is one of several declared once for each of them."""
        turns = Turns(self.evaluator, by_default, self._made)
        turned: dict[Declaration, list[Declaration]] = {}
        for made in list(self._made.values()):
            if (
                not made.is_replaced
                and not made.declaration.is_resolved
                and (made.scope.call is None or made.scope.outermost_call() is not None)
            ):
                found = turns.of(made)
                made.is_replaced = bool(found)
                for each in found:
                    each.is_replaced = False
                if found:
                    turned[made.declaration] = [each.declaration for each in found]
        for whole, calls in self._in_vain(turns, turned):
            whole.is_replaced = False
            for each in calls:
                each.is_replaced = True
                turned[each.declaration] = [whole.declaration]
        return turned

    def _in_vain(
        self, turns: Turns, turned: Mapping[Declaration, object]
    ) -> Iterator[tuple[Made, list[Made]]]:
        """The functions of which no call tells more of a name, and what these calls make."""
        calls: dict[int, list[Made]] = {}
        for made in self._made.values():
            if not made.declaration.is_resolved and made.scope.outermost_call() is not None:
                calls.setdefault(id(made.node), []).append(made)
        if not calls:
            return
        resolved = {
            id(made.node)
            for made in self._made.values()
            if made.declaration in turned or turns.name_of(made) is not None
        }
        vain: dict[tuple[int, ...], list[Made]] = {}
        for made in self._made.values():
            found = calls.get(id(made.node), []) if made.is_replaced else []
            if (
                found
                and made.scope.call is None
                and made.scope.module.is_read
                and id(made.node) not in resolved
                and not _hands_on(made)
                and not any(_tells_more(each.declaration, made.declaration) for each in found)
            ):
                vain.setdefault(tuple(map(id, made.functions)), []).append(made)
        for those in vain.values():
            called = [each for made in those for each in calls[id(made.node)]]
            # A single call of what makes many is the shorter thing to say.
            if len({each.declaration.position for each in called}) > len(those):
                yield from ((made, calls[id(made.node)]) for made in those)

    def _by_default(
        self, found: dict[Declaration, Made], evaluator: Evaluator
    ) -> dict[Declaration, Declaration]:
        """Those whose names nothing of the run gives, as their defaults make them."""
        settled: dict[Declaration, Declaration] = {}
        for declaration, made in found.items():
            if not declaration.is_resolved:
                again = made.again(evaluator)
                if again is not None and again.is_resolved:
                    settled[declaration] = again.changed(
                        scope=declaration.scope,
                        argument=declaration.argument,
                        is_patterned=declaration.is_patterned,
                    )
        return settled

    # One call

    def _make(self, node: ast.Call, scope: Scope) -> Result | None:
        """What a call makes, as the evaluator asks it: a meter or an instrument."""
        key = (id(node), id(scope.call) if scope.call is not None else 0)
        known = self._made.get(key)
        if known is None and scope.call is not None:
            # What a call of a function gives is what the function makes, whoever calls it.
            known = self._made.get((id(node), 0))
            if known is not None and not (known.declaration.is_resolved and known.is_read):
                known = None
        if known is not None:
            return Instrument(known.declaration)
        function = node.func
        if isinstance(function, ast.Attribute):
            if function.attr in OPENTELEMETRY:
                return self._instrument(node, function, scope, key)
            if function.attr == "labels":
                return self._child(node, function, scope)
            if function.attr == "get_meter":
                return self._meter(node, function, scope)
            if function.attr == "__init__" and isinstance(function.value, ast.Call):
                return self._subclass_init(node, function.value, scope, key)
        name = called_name(node)
        if not name or name in RECORDS:
            return None
        callee = self.evaluator.value(function, scope)
        match callee:
            case Api(name=dotted):
                last = dotted.rpartition(".")[2]
                if dotted.startswith("prometheus_client") and last in PROMETHEUS:
                    return self._keep(
                        lambda by: declare.prometheus(by, node, scope, last), node, scope, key
                    )
                if dotted.startswith("ninefold.registry") and last == "Metric":
                    return self._keep(
                        lambda by: declare.ninefold(by, node, scope), node, scope, key
                    )
                if dotted.startswith("opentelemetry") and last == "get_meter":
                    return self._meter_of(node, scope)
            case Cls():
                kind = self._prometheus_base(callee)
                if kind and callee.scope.bindings.get("__init__") is None:
                    return self._keep(
                        lambda by: declare.prometheus(by, node, scope, kind), node, scope, key
                    )
            case _:
                pass
        return None

    def _instrument(
        self, node: ast.Call, function: ast.Attribute, scope: Scope, key: tuple[int, int]
    ) -> Result | None:
        receiver = self.evaluator.value(function.value, scope)
        meter: Text | None = None
        match receiver:
            case Meter():
                meter = receiver.scope
            case Instance(cls=cls) | (Cls() as cls):
                if self.evaluator.member(cls, function.attr, receiver) is not None:
                    return None
                if b"opentelemetry" not in scope.module.data:
                    return None
            case Func() | Const() | Str() | Instrument():
                return None
            case Api(name=dotted) | Mod(name=dotted) if not _MEASURES.search(dotted):
                return None  # some module's function that has the same name
            case _:
                words = receiver.value.dotted if isinstance(receiver, Unknown) else ""
                if "meter" not in words.lower() and b"opentelemetry" not in scope.module.data:
                    return None
        return self._keep(
            lambda by: declare.opentelemetry(by, node, scope, function.attr, meter),
            node,
            scope,
            key,
        )

    def _meter(self, node: ast.Call, function: ast.Attribute, scope: Scope) -> Result | None:
        match self.evaluator.value(function.value, scope):
            case Instance(cls=cls) | (Cls() as cls):
                return (
                    self._meter_of(node, scope)
                    if self.evaluator.member(cls, "get_meter", cls) is None
                    else None
                )
            case Api(name=dotted) if not dotted.startswith("opentelemetry"):
                return None
            case Const() | Str() | Func() | Instrument():
                return None
            case _:
                return self._meter_of(node, scope)

    def _meter_of(self, node: ast.Call, scope: Scope) -> Meter:
        given = declare.Arguments(self.evaluator, node, scope, ("name",))
        return Meter(given.text("name"))

    def _child(self, node: ast.Call, function: ast.Attribute, scope: Scope) -> Result | None:
        parent = self.evaluator.value(function.value, scope)
        if not isinstance(parent, Instrument) or parent.declaration.profile != "prometheus":
            return None
        attributes, complete = labels_of(self.evaluator, node, scope, parent.declaration)
        return Instrument(parent.declaration, attributes, complete)

    def _prometheus_base(self, cls: Cls, deep: int = 0) -> str:
        """The class of prometheus_client that a class is derived from; empty for none."""
        if deep > 4 or cls.scope.parent is None:
            return ""
        for each in cls.node.bases:
            base = self.evaluator.value(each, cls.scope.parent)
            if isinstance(base, Api) and base.name.startswith("prometheus_client"):
                last = base.name.rpartition(".")[2]
                if last in PROMETHEUS:
                    return last
            elif isinstance(base, Cls) and base.node is not cls.node:
                found = self._prometheus_base(base, deep + 1)
                if found:
                    return found
        return ""

    def _subclass_init(
        self, node: ast.Call, called_on: ast.Call, scope: Scope, key: tuple[int, int]
    ) -> Result | None:
        """`super().__init__(name, …)` in a class derived from one of prometheus_client."""
        function = scope.function()
        if (
            called_name(called_on) != "super"
            or function is None
            or function.parent is None
            or not isinstance(function.parent.node, ast.ClassDef)
        ):
            return None
        kind = self._prometheus_base(Cls(function.parent.node, function.parent))
        if not kind:
            return None
        return self._keep(lambda by: declare.prometheus(by, node, scope, kind), node, scope, key)

    def _keep(
        self,
        read: Callable[[Evaluator], Declaration | None],
        node: ast.Call,
        scope: Scope,
        key: tuple[int, int],
    ) -> Result | None:
        declaration = read(self.evaluator)
        if declaration is None:
            return None
        functions: list[ast.AST] = []
        if not declaration.is_resolved:
            functions = list(self._depends(node, scope, declaration.api))
        self._made[key] = Made(declaration, node, scope, tuple(functions), read)
        return Instrument(declaration)

    def _depends(self, node: ast.Call, scope: Scope, api: str) -> Iterator[ast.AST]:
        """The functions whose parameters the name of a declaration is made of."""
        for each in unknown_in(self.evaluator, node, scope, api):
            if each.function is not None:
                yield each.function.node

    # Calls of wrappers

    def _call_of(self, node: ast.Call, scope: Scope, deep: int = 0) -> None:
        if (id(node), id(scope.call) if scope.call is not None else 0) in self._made:
            return
        callee = self.evaluator.value(node.func, scope)
        if isinstance(callee, Cls):
            own = self.evaluator.member(callee, "__init__", Instance(callee))
            if not isinstance(own, Func):
                return
            callee = own
        if isinstance(callee, Func):
            self._instantiate(callee, node, scope, deep)
        elif isinstance(callee, Partial) and deep <= _DEEPEST_CALL:
            whole = self.evaluator.applied(callee, node, scope)
            self.evaluator.value(whole.node, whole.scope)
            assert isinstance(whole.node, ast.Call)
            self._call_of(whole.node, whole.scope, deep + 1)

    def _instantiate(self, function: Func, node: ast.Call, scope: Scope, deep: int) -> None:
        """Make what a wrapper makes when it is called with these arguments."""
        at = id(scope.call) if scope.call is not None else 0
        key = (id(function.node), id(node), at)
        if key in self._instantiated or deep > _DEEPEST_CALL:
            return
        templates = self._templates_of(function)
        if not templates:
            return
        self._instantiated.add(key)
        inner = self.evaluator.call_scope(function, node, scope)
        for made in tuple(templates):
            # What was made within a call of another wrapper is made by that call, in this one.
            site = made.scope.outermost_call()
            if site is None:
                self.evaluator.value(made.node, made.scope.within(inner))
            elif isinstance(site.node, ast.Call):
                self._call_of(site.node, site.scope.within(inner), deep + 1)
            made.is_replaced = True

    def _templates_of(self, function: Func) -> list[Made]:
        module = function.scope.module
        if not module.is_read and id(function.node) not in self._templates:
            # A helper of an installed package, such as the conventions' own.
            found = self._templates[id(function.node)] = []
            if not isinstance(function.node, ast.Lambda) and _WRAPPER.search(function.node.name):
                scope = module.child(function.node, function.scope)
                for each in ast.walk(function.node):
                    if isinstance(each, ast.Call) and (
                        called_name(each) in OPENTELEMETRY or called_name(each) in PROMETHEUS
                    ):
                        self.evaluator.value(each, scope)
                        made = self._made.get((id(each), 0))
                        if made is not None:
                            found.append(made)
        return self._templates.get(id(function.node), [])

    # Walking

    def _calls(self, module: Module, places: Iterable[int]) -> list[tuple[ast.Call, Scope]]:
        """The calls in statements that one of `places` is in, each with its scope."""
        found: list[tuple[ast.Call, Scope]] = []
        lines = lines_of(module.data, places)
        if lines:
            self._within(module.tree, module.scope, lines, found)
        return found

    def _within(
        self,
        node: ast.AST,
        scope: Scope,
        lines: list[int],
        found: list[tuple[ast.Call, Scope]],
    ) -> None:
        kind = node.__class__
        if isinstance(node, ast.Call):
            found.append((node, scope))
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
            self._note_name(node)
        inner = scope.module.child(node, scope) if isinstance(node, _OWNERS) else scope
        for name in kind._fields:
            value = getattr(node, name, None)
            where = scope if name in _OUTSIDE else inner
            for each in value if isinstance(value, list) else (value,):
                if each.__class__ in _LEAVES or not isinstance(each, ast.AST):
                    continue
                start: int | None = getattr(each, "lineno", None)
                if start is not None:
                    end: int = getattr(each, "end_lineno", None) or start
                    for decorator in getattr(each, "decorator_list", ()):
                        start = min(start, decorator.lineno)
                    index = bisect_left(lines, start)
                    if index == len(lines) or lines[index] > end:
                        continue
                self._within(each, where, lines, found)

    def _note_name(self, node: ast.Assign | ast.AnnAssign | ast.NamedExpr) -> None:
        value = node.value
        if not isinstance(value, ast.Call):
            return
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if isinstance(target, ast.Name):
            self._names[id(value)] = target.id
        elif isinstance(target, ast.Attribute):
            self._names[id(value)] = target.attr


def _tells_more(one: Declaration, two: Declaration) -> bool:
    """Whether more is known of the name or the unit of `one`."""
    if one.name.parts != two.name.parts:
        return True
    units = [None if each.unit is None else each.unit.parts for each in (one, two)]
    return units[0] != units[1]


def _hands_on(made: Made) -> bool:
    """Whether a method of the API's own name only hands its argument on, as a proxy's does.

    That is another meter and no metric; what is made through it is declared where it is called.
    """
    name = made.declaration.name
    return name.parts == (None,) and any(
        getattr(each, "name", "") == called_name(made.node) for each in made.functions
    )


_OWNERS: Final = (*FUNCTIONS, ast.ClassDef, *COMPREHENSIONS)
_LEAVES: Final = frozenset(
    {
        *(ast.Name, ast.Constant, ast.alias, ast.Load, ast.Store, ast.Del, ast.Pass),
        *(str, int, bool, type(None)),
    }
)
"""What no call is in: two of three nodes are of these."""
_OUTSIDE: Final = frozenset({"decorator_list", "args", "returns", "bases", "keywords"})
"""Fields of a function or class that are read where it stands, not inside of it."""


def _aliases(module: Module) -> frozenset[str]:
    """Other names that a module gives to what declares."""
    known = set(PROMETHEUS) | {"Metric"}
    found: set[str] = set()
    for name, bindings in module.scope.bindings.items():
        for each in bindings:
            node = each.node
            if each.how == "import" and name != each.name:
                if each.name in known or each.name.startswith("create_"):
                    found.add(name)
            elif each.how == "is" and isinstance(node, (ast.Name, ast.Attribute)):
                last = node.attr if isinstance(node, ast.Attribute) else node.id
                if last in known or last in found:
                    found.add(name)
            elif each.how == "is" and isinstance(node, ast.Call):
                last = _partial_of(node)
                if last in known or last in OPENTELEMETRY or last in found:
                    found.add(name)
            elif isinstance(node, ast.ClassDef) and node.bases:
                bases = {getattr(b, "attr", getattr(b, "id", "")) for b in node.bases}
                if bases & (known | found):
                    found.add(name)
    return frozenset(found)


def _with_aliases(module: Module, names: set[str]) -> set[str]:
    """Names, and those that a module gives to the same things."""
    found = set(names)
    for name, bindings in module.scope.bindings.items():
        for each in bindings:
            node = each.node
            if each.how == "import" and each.name in names:
                found.add(name)
            elif each.how == "is" and isinstance(node, (ast.Name, ast.Attribute)):
                last = node.attr if isinstance(node, ast.Attribute) else node.id
                if last in names:
                    found.add(name)
            elif each.how == "is" and isinstance(node, ast.Call) and _partial_of(node) in names:
                found.add(name)
    return found


def _partial_of(node: ast.Call) -> str:
    """The last name of what `functools.partial` is given first; empty for any other call."""
    first = node.args[0] if node.args and called_name(node) == "partial" else None
    return getattr(first, "attr", getattr(first, "id", ""))
