"""Rules are found, and each has a whole page."""

from __future__ import annotations

from pathlib import Path

import pytest

from ninefold.conformance import Rule, every_rule
from ninefold.conformance import rules as package

_RULES = every_rule()


def test_table_of_modules_is_the_folder() -> None:
    """A rule's file that is forgotten in the table, or gone from it, is found."""
    folder = Path(package.__file__).parent
    files = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    assert sorted(package.MODULES) == files


def test_codes_and_slugs_are_unique() -> None:
    """No two rules share a code or a name."""
    assert len({each.code for each in _RULES}) == len(_RULES)
    assert len({each.slug for each in _RULES}) == len(_RULES)


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule.code)
def test_page_is_whole(rule: Rule) -> None:
    """Each rule says what it finds in a sentence, why, an example, what to use, and its source."""
    assert rule.what.endswith((".", "`")), rule.what
    for title in ("Why", "Bad", "Use instead"):
        assert rule.section(title), title
    assert rule.source
    assert rule.code in rule.page
    assert rule.what.split(".")[0][:60] in " ".join(rule.page.split())
