"""What a rule's page shows as bad is found, and what it shows instead is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.cases import FOLDER

from ninefold.conformance._engine import run
from ninefold.conformance._options import Options
from ninefold.conformance._rule import Rule
from ninefold.conformance.registry import with_project
from ninefold.conformance.rules import shipped
from ninefold.conformance.source import read

RULES = tuple(shipped())

_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
# Rules that find nothing before they are told what is wanted.
_PREFIX = {"NF-N107": "acme"}
_BACKENDS = {"NF-N109": ("datadog",)}
_REGISTRY = {"NF-R806": "R806/registry"}


def _codes(rule: Rule, block: str, folder: Path) -> set[str]:
    path = folder / "page.py"
    path.write_text(block, encoding="utf-8")
    options = Options(
        # What is said of suppressions depends on what all others find.
        select=() if rule.code == "NF-X001" else (rule.code,),
        prefix=_PREFIX.get(rule.code, ""),
        backends=_BACKENDS.get(rule.code, ()),
    )
    registry, _ = with_project([FOLDER / _REGISTRY[rule.code]] if rule.code in _REGISTRY else [])
    report = run(read([str(path)], root=str(folder)), options, RULES, registry)
    return {finding.code for finding in report.findings}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
@pytest.mark.parametrize("heading", ["Bad", "Use instead"])
def test_examples(rule: Rule, heading: str, tmp_path: Path) -> None:
    """Each example of a page is judged as the page says."""
    blocks = _BLOCK.findall(rule.section(heading))
    assert blocks
    for block in blocks:
        assert (rule.code in _codes(rule, block, tmp_path)) == (heading == "Bad"), block


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_page_is_whole(rule: Rule) -> None:
    """A page says in one sentence what is found, why it matters, and where that is written down."""
    assert rule.what.endswith(".")
    assert len(rule.section("Why")) > 60
    assert rule.source
