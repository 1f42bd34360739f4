"""The reference has a page for each rule, in step with it, and every key of the configuration."""

from __future__ import annotations

import re
import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.support.cases import cases

from ninefold.cli import _check
from ninefold.conformance import _config
from ninefold.conformance.rules import shipped

ROOT = Path(__file__).resolve().parents[2]
SCRIPT: dict[str, Any] = runpy.run_path(str(ROOT / "scripts/generate_rule_pages.py"))
RULES = tuple(shipped())


def test_pages_are_in_step() -> None:
    """The pages are those that the rules give, and no others."""
    assert SCRIPT["stale"](SCRIPT["pages"](), SCRIPT["FOLDER"]) == []
    names = {each.name for each in SCRIPT["FOLDER"].glob("*.md")}
    assert names == {"index.md", *(f"{each.code.lower()}.md" for each in RULES)}


def test_a_stale_page_is_found(tmp_path: Path) -> None:
    """A page that was changed, one that is missing and one too many are all named."""
    shutil.copytree(SCRIPT["FOLDER"], tmp_path, dirs_exist_ok=True)
    (tmp_path / "nf-u202.md").write_text("changed")
    (tmp_path / "nf-u203.md").unlink()
    (tmp_path / "nf-u299.md").touch()
    found = SCRIPT["stale"](SCRIPT["pages"](), tmp_path)
    assert found == ["nf-u202.md", "nf-u203.md", "nf-u299.md"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_page_says_what_explain_says(rule: Any) -> None:
    """The page is the rule's text, but for the mark that keeps its examples from being run."""
    page = (SCRIPT["FOLDER"] / f"{rule.code.lower()}.md").read_text(encoding="utf-8")
    assert page.replace("```py\n", "```python\n").rstrip("\n") == rule.page
    index = (SCRIPT["FOLDER"] / "index.md").read_text(encoding="utf-8")
    assert index.count(f"[{rule.code}]({rule.code.lower()}.md)") == 1


def test_every_rule_has_cases_and_a_place_in_the_contents() -> None:
    """Rule = cases = page."""
    assert {each.code for each in cases()} == {each.code for each in RULES}
    listed = re.findall(
        r"reference/rules/(.*)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert listed == ["index.md", *(f"{each.code.lower()}.md" for each in RULES)]


def test_every_key_and_option_is_told() -> None:
    """The reference has a row for each key of the configuration and each option."""
    reference = ROOT / "docs/reference"
    told = re.findall(
        r"^\| `([^`]+)` \|", (reference / "check.md").read_text("utf-8"), re.MULTILINE
    )
    assert sorted(told) == sorted(_config.KEYS)
    text = (reference / "cli.md").read_text("utf-8")
    section = text.partition("## `ninefold check`")[2].partition("\n## ")[0]
    told = re.findall(r"^\| `(--[^`]+)` \|", section, re.MULTILINE)
    options = {each for each in (*_check._VALUES, *_check._FLAGS) if each not in ("-h", "--help")}
    assert set(told) == options


def test_the_example_is_a_configuration(tmp_path: Path) -> None:
    """What the reference shows is accepted as it stands."""
    page = (ROOT / "docs/reference/check.md").read_text("utf-8")
    [block, *_] = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    path = tmp_path / "pyproject.toml"
    path.write_text(block, encoding="utf-8")
    found = _config.configuration(str(path))
    assert found.prefix == "acme"
    assert found.severity == {"NF-N103": "I"}
