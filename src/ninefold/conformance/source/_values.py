"""What an expression is, as far as reading the source tells.

These are plain classes: to make as many data classes takes longer than to check a small project.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

from ninefold.conformance._facts import Attribute, Declaration, Text, Value

if TYPE_CHECKING:
    from ninefold.conformance.source._scopes import Scope


class Const:
    """A constant; an enum's member stands for its value."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Const) and self.value == other.value

    __hash__ = None  # type: ignore[assignment]


class Unknown:
    """What reading does not tell, and why; `function` is the one whose parameter it is.

    `choice` is what it depends on where it is one of several values, each of which is known.
    `is_circular` says that it is made of itself.
    """

    __slots__ = ("choice", "function", "is_circular", "value", "why")

    def __init__(
        self,
        why: str,
        value: Value,
        function: Scope | None = None,
        is_circular: bool = False,
        choice: Choice | None = None,
    ) -> None:
        self.why = why
        self.value = value
        self.function = function
        self.is_circular = is_circular
        self.choice = choice


class Choice:
    """One of several values in turn: of a loop's variable, an `if` or a conditional expression.

    `key` tells it from others of `scope`, `node` is the iterable or the conditional expression, and
    None for the parts of an `if`, which `options` name.
    """

    __slots__ = ("key", "node", "options", "scope")

    def __init__(
        self, key: int, scope: Scope, node: ast.expr | None, options: tuple[Node | str, ...]
    ) -> None:
        self.key = key
        self.scope = scope
        self.node = node
        self.options = options


class Str:
    """Text of which parts are known."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[str | Unknown, ...]) -> None:
        self.parts = parts


class Seq:
    """A list, tuple or set; `complete` unless there may be more.

    `added` is all that is appended to it where it is bound; None where it changes otherwise.
    """

    __slots__ = ("added", "complete", "items")

    def __init__(
        self, items: tuple[Node, ...], complete: bool = True, added: tuple[Node, ...] | None = None
    ) -> None:
        self.items = items
        self.complete = complete
        self.added = added


class Map:
    """A dict; `complete` unless there may be more."""

    __slots__ = ("complete", "items")

    def __init__(self, items: tuple[tuple[Node, Node], ...], complete: bool = True) -> None:
        self.items = items
        self.complete = complete


class Api:
    """Something that is imported and whose source is not looked at: its whole dotted name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Api) and self.name == other.name

    __hash__ = None  # type: ignore[assignment]


class Mod:
    """A module, by its whole dotted name, as `path` imports it."""

    __slots__ = ("name", "path")

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.path = path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mod) and (self.name, self.path) == (other.name, other.path)

    __hash__ = None  # type: ignore[assignment]


class Func:
    """A function, and what it is bound to."""

    __slots__ = ("bound", "node", "scope")

    def __init__(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        scope: Scope,
        bound: Cls | Instance | None = None,
    ) -> None:
        self.node = node
        self.scope = scope
        self.bound = bound


class Partial:
    """What `functools.partial` makes: its call, where that stands."""

    __slots__ = ("node", "scope")

    def __init__(self, node: ast.Call, scope: Scope) -> None:
        self.node = node
        self.scope = scope


class Cls:
    """A class; `scope` is that of its body."""

    __slots__ = ("node", "scope")

    def __init__(self, node: ast.ClassDef, scope: Scope) -> None:
        self.node = node
        self.scope = scope


class Instance:
    """An object of a class, and the call that makes it, if that is known."""

    __slots__ = ("cls", "made")

    def __init__(self, cls: Cls, made: Node | None = None) -> None:
        self.cls = cls
        self.made = made


class Meter:
    """An OpenTelemetry meter."""

    __slots__ = ("scope",)

    def __init__(self, scope: Text | None) -> None:
        self.scope = scope


class Instrument:
    """What a declaration makes; a labelled child has `attributes`."""

    __slots__ = ("attributes", "complete", "declaration")

    def __init__(
        self,
        declaration: Declaration,
        attributes: tuple[Attribute, ...] | None = None,
        complete: bool = True,
    ) -> None:
        self.declaration = declaration
        self.attributes = attributes
        self.complete = complete


class Node:
    """An expression where it stands."""

    __slots__ = ("node", "scope")

    def __init__(self, node: ast.expr, scope: Scope) -> None:
        self.node = node
        self.scope = scope


Result: TypeAlias = (
    Const
    | Unknown
    | Str
    | Seq
    | Map
    | Api
    | Mod
    | Func
    | Partial
    | Cls
    | Instance
    | Meter
    | Instrument
)
