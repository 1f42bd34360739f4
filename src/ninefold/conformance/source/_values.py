"""What an expression is, as far as reading the source tells."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ninefold.conformance._facts import Attribute, Declaration, Text, Value

if TYPE_CHECKING:
    from ninefold.conformance.source._scopes import Scope


@dataclass(slots=True)
class Const:
    """A constant; an enum's member stands for its value."""

    value: object


@dataclass(slots=True, eq=False)
class Unknown:
    """What reading does not tell, and why; `function` is the one whose parameter it is.

    `choice` is what it depends on where it is one of several values, each of which is known.
    `is_circular` says that it is made of itself.
    """

    why: str
    value: Value
    function: Scope | None = None
    is_circular: bool = False
    choice: Choice | None = None


@dataclass(slots=True, eq=False)
class Choice:
    """One of several values in turn: of a loop's variable, an `if` or a conditional expression.

    `key` tells it from others of `scope`, `node` is the iterable or the conditional expression, and
    None for the parts of an `if`, which `options` name.
    """

    key: int
    scope: Scope
    node: ast.expr | None
    options: tuple[Node | str, ...]


@dataclass(slots=True, eq=False)
class Str:
    """Text of which parts are known."""

    parts: tuple[str | Unknown, ...]


@dataclass(slots=True, eq=False)
class Seq:
    """A list, tuple or set; `complete` unless there may be more.

    `added` is all that is appended to it where it is bound; None where it changes otherwise.
    """

    items: tuple[Node, ...]
    complete: bool = True
    added: tuple[Node, ...] | None = None


@dataclass(slots=True, eq=False)
class Map:
    """A dict; `complete` unless there may be more."""

    items: tuple[tuple[Node, Node], ...]
    complete: bool = True


@dataclass(slots=True)
class Api:
    """Something that is imported and whose source is not looked at: its whole dotted name."""

    name: str


@dataclass(slots=True)
class Mod:
    """A module, by its whole dotted name, as `path` imports it."""

    name: str
    path: str


@dataclass(slots=True, eq=False)
class Func:
    """A function, and what it is bound to."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    bound: Cls | Instance | None = None


@dataclass(slots=True, eq=False)
class Partial:
    """What `functools.partial` makes: its call, where that stands."""

    node: ast.Call
    scope: Scope


@dataclass(slots=True, eq=False)
class Cls:
    """A class; `scope` is that of its body."""

    node: ast.ClassDef
    scope: Scope


@dataclass(slots=True, eq=False)
class Instance:
    """An object of a class, and the call that makes it, if that is known."""

    cls: Cls
    made: Node | None = None


@dataclass(slots=True, eq=False)
class Meter:
    """An OpenTelemetry meter."""

    scope: Text | None


@dataclass(slots=True, eq=False)
class Instrument:
    """What a declaration makes; a labelled child has `attributes`."""

    declaration: Declaration
    attributes: tuple[Attribute, ...] | None = None
    complete: bool = True


@dataclass(slots=True, eq=False)
class Node:
    """An expression where it stands."""

    node: ast.expr
    scope: Scope


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
