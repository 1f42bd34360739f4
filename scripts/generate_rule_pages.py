"""Writes the reference page of each rule of the checker, and their index, from the rules' own text.

python scripts/generate_rule_pages.py            # write docs/reference/rules/
python scripts/generate_rule_pages.py --check    # write nothing; exit 1 when a page is stale
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path

from ninefold.conformance.rules import shipped

FOLDER = Path(__file__).resolve().parent.parent / "docs/reference/rules"
FAMILIES = {
    "A": "Attributes and labels",
    "B": "Buckets",
    "C": "Clashes of one metric with itself",
    "D": "Descriptions",
    "I": "Instruments",
    "N": "Names",
    "R": "The registry: the conventions, and your own",
    "S": "Suffixes, and what Prometheus makes of names",
    "U": "Units",
    "X": "The run itself",
}
SEVERITIES = {"E": "error", "W": "warning", "I": "information"}
HEAD = """\
# Rules

Generated from the rules: what [`ninefold check`](../cli.md#ninefold-check) looks for. `ninefold
explain CODE` shows a page on the command line; [`[tool.ninefold.check]`](../check.md) chooses
rules.

An error is wrong whatever was meant, a warning most likely; information is good to know. A safe fix
changes nothing that is stored. An unsafe one changes a stored name, label, unit or bucket, and
needs a migration. A finding brings its fix as edits in the formats `json`, `jsonl` and `sarif`,
where what is to be replaced stands there as a literal; no fix means that it takes more than that,
as values that are to be divided.
"""
PROGRAM = re.compile(r"^```python$", re.MULTILINE)


def pages() -> Mapping[str, str]:
    """The text of each page, by the name of its file."""
    rules = tuple(shipped())
    found = {f"{each.code.lower()}.md": _page(each.page) for each in rules}
    parts = [HEAD]
    for letter, group in groupby(rules, key=lambda each: each.code.removeprefix("NF-")[0]):
        parts.append(
            f"\n## {FAMILIES[letter]}\n\n| code | finds | severity | fix |\n|---|---|---|---|\n"
        )
        for each in group:
            link = f"[{each.code}]({each.code.lower()}.md)"
            fix = each.fix or "none"
            severity = SEVERITIES[each.severity]
            parts.append(f"| {link} | {each.what.replace('|', '&#124;')} | {severity} | {fix} |\n")
    return found | {"index.md": "".join(parts)}


def _page(text: str) -> str:
    # What is shown is judged by tests/conformance/test_rule_pages.py, and is no program to be run.
    return PROGRAM.sub("```py", text) + "\n"


def stale(wanted: Mapping[str, str], folder: Path) -> Iterable[str]:
    """The names of pages that are not as they should be, or should not be there."""
    present = {each.name: each.read_text(encoding="utf-8") for each in folder.glob("*.md")}
    return sorted(name for name in wanted.keys() | present if wanted.get(name) != present.get(name))


def main(arguments: list[str]) -> int:
    """Write or check the pages; returns the exit code."""
    wanted = pages()
    wrong = stale(wanted, FOLDER)
    if "--check" in arguments:
        if wrong:
            listed = ", ".join(wrong)
            sys.stderr.write(f"{listed}: stale, run python scripts/generate_rule_pages.py\n")
        return int(bool(wrong))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in wrong:
        if name in wanted:
            (FOLDER / name).write_text(wanted[name], encoding="utf-8", newline="\n")
        else:
            (FOLDER / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
