"""What a rule says of a place, and what the engine makes of it."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from ninefold.conformance._facts import Position, Text

Severity: TypeAlias = Literal["E", "W", "I"]
SEVERITIES: tuple[Severity, ...] = ("E", "W", "I")
FixKind: TypeAlias = Literal["safe", "unsafe"]


class Edit(NamedTuple):
    """Text to be put in the place of a stretch."""

    position: Position
    text: str


class Fix(NamedTuple):
    """A change that mends a finding; an unsafe one changes what is stored under which name."""

    kind: FixKind
    says: str
    edits: tuple[Edit, ...]


def replaced(text: Text, new: str, kind: FixKind) -> Fix | None:
    """A fix that writes `new` for a text that stands there as a literal; None for any other."""
    position = text.position
    # What is longer than the text and its quotes has escapes or is in parts, and is not ours to
    # replace; nor is a constant, which others may share, or a name that a client has completed.
    if (
        text.value is None
        or not text.is_literal
        or position.line != position.end_line
        or position.end_column - position.column != len(text.value) + 2
    ):
        return None
    return Fix(kind, f"write {new!r}", (Edit(position, f'"{new}"'),))


class Found(NamedTuple):
    """What a rule yields: where, what is wrong, and the remedy.

    `severity` is given where it differs from the rule's own, and `metric` where the finding is
    about another name than that of the declaration at hand. `same` stands for the message in the
    fingerprint, where the message names places, which move.
    """

    position: Position
    message: str
    remedy: str = ""
    fix: Fix | None = None
    severity: Severity | None = None
    metric: str | None = None
    same: str | None = None


class Finding(NamedTuple):
    """One finding of a run. `fingerprint` stays the same when lines move."""

    code: str
    severity: Severity
    message: str
    position: Position
    metric: str = ""
    remedy: str = ""
    fix: Fix | None = None
    fingerprint: str = ""
