"""The changes that findings bring: each mends what it was brought for."""

from __future__ import annotations

import ast
import shutil
from collections import Counter
from pathlib import Path

import pytest
from tests.support.cases import Case, cases

from ninefold.conformance._finding import Edit, Finding
from ninefold.conformance.rules import shipped

RULES = tuple(shipped())
BAD = [case for case in cases() if case.is_bad and case.path.suffix == ".py"]


def _found(case: Case) -> list[Finding]:
    return [one for one in case.judged(RULES).findings if one.code == case.code]


def _applied(text: str, edits: list[Edit]) -> str:
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for edit in sorted(edits, key=lambda each: each.position, reverse=True):
        at = edit.position
        start = starts[at.line - 1] + at.column - 1
        end = starts[at.end_line - 1] + at.end_column - 1
        text = text[:start] + edit.text + text[end:]
    return text


@pytest.mark.parametrize("case", BAD, ids=lambda case: f"{case.path.parent.name}/{case.path.name}")
def test_a_fix_mends_its_finding(case: Case, tmp_path: Path) -> None:
    """With its edits in place a file is Python still, and what they were brought for is gone."""
    found = _found(case)
    fixed = [one for one in found if one.fix is not None]
    if not fixed:
        return
    copy = tmp_path / case.path.parent.name
    shutil.copytree(case.path.parent, copy)
    edits = list({edit for one in fixed if one.fix is not None for edit in one.fix.edits})
    text = _applied(case.path.read_text(encoding="utf-8"), edits)
    ast.parse(text)
    mended = Case(copy / case.path.name)
    mended.path.write_text(text, encoding="utf-8")
    left = Counter(one.message for one in _found(mended))
    assert not left & Counter(one.message for one in fixed)
    assert sum(left.values()) == len(found) - len(fixed)


def test_a_rule_says_whether_it_brings_fixes() -> None:
    """What its page and `explain` say of fixes is so: such a fix is brought in a case, or none."""
    brought: dict[str, set[str]] = {}
    for case in BAD:
        for one in _found(case):
            if one.fix is not None:
                brought.setdefault(one.code, set()).add(one.fix.kind)
    declared = {rule.code: rule.fix for rule in RULES if rule.fix is not None}
    assert brought.keys() == declared.keys()
    assert [code for code, fix in declared.items() if fix not in brought[code]] == []
    # The client stores a counter under the name with `_total` already.
    assert [code for code in declared if len(brought[code]) > 1] == ["NF-S402"]


def test_what_changes_values_is_not_fixed_by_a_unit() -> None:
    """Milliseconds are not made seconds by another word for them: no edit is offered."""
    for code in ("U205", "R803"):
        found = [one for case in BAD if case.path.parent.name == code for one in _found(case)]
        assert found
        assert not [one for one in found if one.fix is not None and "'ms'" in one.message]
