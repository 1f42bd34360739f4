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


def place(declaration: Declaration) -> str:
    """Where a declaration stands, for a message."""
    return f"{declaration.position.path}:{declaration.position.line}"
