"""Which declarations a rule about several may compare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ninefold.conformance._facts import Declaration, Facts
from ninefold.conformance._rule import Context

_TEST = re.compile(
    r"(?:^|[/\\])(?:tests?|testing|examples?|docs?)[/\\]|(?:^|[/\\])(?:test_[^/\\]*|conftest|[^/\\]*_test)\.py$"
)


def comparable(facts: Facts, context: Context, profile: str) -> Iterator[Declaration]:
    """The resolved declarations of a profile that can be part of one program, by position.

    Those in tests and examples are left out: they use one name for many things, each for itself.
    """
    for each in facts.declarations:
        if (
            each.is_resolved
            and context.profile(each) in (profile, "both")
            and not _TEST.search(each.position.path)
        ):
            yield each


def by_name(declarations: Iterable[Declaration]) -> dict[str, list[Declaration]]:
    """Declarations that are exactly of one name, and of one meter as far as that is known."""
    found: dict[str, list[Declaration]] = {}
    for each in declarations:
        found.setdefault(each.name.value or "", []).append(each)
    return found


def are_alternatives(one: Declaration, two: Declaration) -> bool:
    """Whether only one of two declarations is ever made, as in the parts of an `if`."""
    if one.position.path != two.position.path:
        return False
    parts = dict(one.branches)
    return any(parts.get(line, part) != part for line, part in two.branches)


def are_near(one: Declaration, two: Declaration) -> bool:
    """Whether two declarations are of one package: in one folder, or one's is above the other's."""
    folders = [
        each.position.path.replace("\\", "/").rpartition("/")[0] + "/" for each in (one, two)
    ]
    return folders[0].startswith(folders[1]) or folders[1].startswith(folders[0])


def place(declaration: Declaration) -> str:
    """Where a declaration stands, for a message."""
    return f"{declaration.position.path}:{declaration.position.line}"
