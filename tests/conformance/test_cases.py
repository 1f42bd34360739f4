"""Every rule on its cases: what it finds in the bad ones, to the column, and not in the good."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest
from tests.support.cases import Case, cases

from ninefold.conformance._rule import Rule
from ninefold.conformance.rules import shipped

CASES = cases()


@cache
def _rules() -> tuple[Rule, ...]:
    return tuple(shipped())


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.path.parent.name}/{case.path.name}"
)
def test_case(case: Case) -> None:
    """A bad case has the findings that it says, to the column; a good one has none of its rule."""
    assert case.found(_rules()) == case.expected
    assert bool(case.expected) == case.is_bad


def test_a_case_is_good_or_bad() -> None:
    """A case says by its name which it is, and its folder is a rule's."""
    codes = {rule.code for rule in _rules()}
    for case in CASES:
        assert case.path.name.startswith(("bad_", "good_")), case.path
        assert case.code in codes, case.path


def test_two_of_each() -> None:
    """Every rule has two bad and two good cases at least."""
    count = Counter((case.code, case.is_bad) for case in CASES)
    codes = sorted(rule.code for rule in _rules())
    assert len(codes) > 50
    assert [code for code in codes if min(count[code, True], count[code, False]) < 2] == []
