"""What the readers found: declarations of metrics, their uses, and what could not be read.

Every rule judges these facts and nothing else, whether they come from Python source or from an
exposition. They are named tuples and plain classes: to make as many data classes takes longer than
to check a small project.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple, TypeAlias

Api: TypeAlias = Literal["opentelemetry", "prometheus_client", "ninefold", "exposition"]
Kind: TypeAlias = Literal[
    "counter",
    "updowncounter",
    "gauge",
    "histogram",
    "summary",
    "info",
    "stateset",
    "gaugehistogram",
    "unknown",
]
Profile: TypeAlias = Literal["otel", "prometheus", "both"]
Method: TypeAlias = Literal["add", "record", "set", "inc", "dec", "observe", "labels", "callback"]
ValueKind: TypeAlias = Literal["literal", "name", "call", "fstring", "other"]
Literal_: TypeAlias = str | int | float | bool | None


class Position(NamedTuple):
    """A stretch of a file: lines and columns from 1, columns in characters, the end exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


class Text(NamedTuple):
    """Text as far as it is known; `parts` has None for each stretch that is not.

    `position` is the argument that gives it, also where a constant of another file does. `why` says
    in words what is not known, and `unknown` has what is put in each such place. `is_literal` says
    that the whole text stands there as one literal.

    >>> here = Position("shop.py", 1, 1, 1, 2)
    >>> Text(("shop.", None), here).value is None, Text(("shop.", "orders"), here).value
    (True, 'shop.orders')
    """

    parts: tuple[str | None, ...]
    position: Position
    why: str = ""
    unknown: tuple[Value, ...] = ()
    is_literal: bool = False

    @property
    def value(self) -> str | None:
        """The whole text, or None where a part is not known."""
        return None if None in self.parts else "".join(self.parts)  # type: ignore[arg-type]  # no None here

    @property
    def shown(self) -> str:
        """The text for people, `…` for what is not known."""
        return "".join("…" if part is None else part for part in self.parts)

    @property
    def known_start(self) -> str:
        """The text up to the first part that is not known."""
        start = ""
        for part in self.parts:
            if part is None:
                break
            start += part
        return start


class Buckets(NamedTuple):
    """A histogram's boundaries as written, without an added `+Inf`; None where not known."""

    bounds: tuple[float, ...] | None
    position: Position


class Labels(NamedTuple):
    """The label names of a declaration; None where they are not known."""

    names: tuple[Text, ...] | None
    position: Position


class Declaration:
    """One metric as it is declared in one place; two are the same only if they are identical.

    `name` is the whole name that the API is given, after `namespace`, `subsystem` and the client's
    own unit suffix; without the `_total` that a client adds. `unit`, `description`, `buckets` and
    `labels` are None where nothing is given, and hold None where it is not known what is.
    `argument` is where the API is given the name, if `name.position` is the literal that a loop or
    a condition gives it; the name `is_patterned` if more than that literal is in it. `callee` is
    what makes it, as written. `branches` are the lines of each `if` and `try` around it, and which
    part of it it stands in.
    """

    __slots__ = (
        "api",
        "argument",
        "branches",
        "buckets",
        "callee",
        "description",
        "is_patterned",
        "kind",
        "labels",
        "name",
        "observable",
        "position",
        "profile",
        "scope",
        "unit",
    )  # fmt: skip

    def __init__(
        self,
        *,
        api: Api,
        kind: Kind,
        name: Text,
        position: Position,
        callee: str = "",
        branches: tuple[tuple[int, str], ...] = (),
        unit: Text | None = None,
        description: Text | None = None,
        buckets: Buckets | None = None,
        labels: Labels | None = None,
        scope: Text | None = None,
        observable: bool = False,
        profile: Profile = "otel",
        argument: Position | None = None,
        is_patterned: bool = False,
    ) -> None:
        self.api: Final = api
        self.kind: Final = kind
        self.name: Final = name
        self.position: Final = position
        self.callee: Final = callee
        self.branches: Final = branches
        self.unit: Final = unit
        self.description: Final = description
        self.buckets: Final = buckets
        self.labels: Final = labels
        self.scope: Final = scope
        self.observable: Final = observable
        self.profile: Final = profile
        self.argument: Final = argument
        self.is_patterned: Final = is_patterned

    def __repr__(self) -> str:
        return _shown(self)

    def changed(self, **changes: Any) -> Declaration:
        """The same with other values; a declaration of its own."""
        return Declaration(**{name: getattr(self, name) for name in self.__slots__} | changes)

    @property
    def lacking(self) -> Position:
        """Where findings about what is not given belong: all turns of a loop lack it there."""
        return self.argument or self.name.position

    @property
    def is_resolved(self) -> bool:
        """Whether the whole name is known."""
        return None not in self.name.parts


class Value(NamedTuple):
    """What an attribute is set to.

    `dotted` is the name that is read or called (`request.url.path`, `str`), `literal` the value
    where it is known (also that of a constant or an enum's member), `inner` the arguments of a call
    or the parts of an f-string.
    """

    kind: ValueKind
    position: Position
    literal: Literal_ = None
    is_known: bool = False
    dotted: str = ""
    inner: tuple[Value, ...] = ()


class Attribute(NamedTuple):
    """One key of a use, and what it is set to."""

    key: Text
    value: Value


class Use:
    """One place where a metric is recorded.

    `attributes` are those that can be read; `is_complete` says that these are all. `amount` is None
    where it is not a literal.
    """

    __slots__ = ("amount", "attributes", "declaration", "is_complete", "method", "position")

    def __init__(
        self,
        *,
        declaration: Declaration,
        method: Method,
        position: Position,
        attributes: tuple[Attribute, ...] = (),
        is_complete: bool = True,
        amount: float | None = None,
    ) -> None:
        self.declaration: Final = declaration
        self.method: Final = method
        self.position: Final = position
        self.attributes: Final = attributes
        self.is_complete: Final = is_complete
        self.amount: Final = amount

    def __repr__(self) -> str:
        return _shown(self)

    def of(self, declaration: Declaration) -> Use:
        """The same use, of another declaration."""
        return Use(
            declaration=declaration,
            method=self.method,
            position=self.position,
            attributes=self.attributes,
            is_complete=self.is_complete,
            amount=self.amount,
        )


class Unread(NamedTuple):
    """Something that could not be read: a file, or a line of one.

    `remedy` is given where mending it, or leaving it out, is not what helps.
    """

    position: Position
    why: str
    remedy: str = ""


class Suppression(NamedTuple):
    """A comment that accepts findings on its line: all of them where `codes` is empty.

    `until` is the last day on which it holds, as written (`2027-03-01`). One with a `fault` in how
    it is written accepts nothing.
    """

    position: Position
    codes: tuple[str, ...]
    until: str = ""
    reason: str = ""
    fault: str = ""


class Facts(NamedTuple):
    """All that a run has read."""

    declarations: tuple[Declaration, ...] = ()
    uses: tuple[Use, ...] = ()
    unread: tuple[Unread, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    files: int = 0

    def joined(self, other: Facts) -> Facts:
        """These facts and those of another reader."""
        return Facts(
            self.declarations + other.declarations,
            self.uses + other.uses,
            self.unread + other.unread,
            self.suppressions + other.suppressions,
            self.files + other.files,
        )


def _shown(fact: Declaration | Use) -> str:
    given = ", ".join(f"{name}={getattr(fact, name)!r}" for name in fact.__slots__)
    return f"{type(fact).__name__}({given})"
