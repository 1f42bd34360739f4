"""The cases of conformance/cases, and what the checker says of one.

A comment line `# check: KEY = VALUE` is an option of the run, in TOML; `registry` is relative to
the case. Lines `# expect: CODE LINE:COLUMN-LINE:COLUMN SEVERITY` at the end are the findings of the
folder's code, all of them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ninefold.conformance import exposition, source
from ninefold.conformance._engine import Report, run
from ninefold.conformance._options import Options
from ninefold.conformance._rule import Rule
from ninefold.conformance.registry import with_project

FOLDER = Path(__file__).resolve().parents[2] / "conformance/cases"
SUFFIXES = (".py", ".prom", ".om")

_OPTION = re.compile(r"^# check: (.*)$", re.MULTILINE)
_EXPECTED = re.compile(r"^# expect: (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """One file, good or bad, of the rule that its folder names."""

    path: Path

    @property
    def code(self) -> str:
        """The rule's code, as in `NF-S402`."""
        return f"NF-{self.path.parent.name}"

    @property
    def is_bad(self) -> bool:
        """Whether the rule finds something in it."""
        return self.path.name.startswith("bad_")

    @property
    def expected(self) -> list[str]:
        """What the file says is found in it."""
        return _EXPECTED.findall(self.path.read_text(encoding="utf-8"))

    def judged(self, rules: Sequence[Rule]) -> Report:
        """What the checker says of it."""
        given: dict[str, Any] = {}
        for line in _OPTION.findall(self.path.read_text(encoding="utf-8")):
            given |= tomllib.loads(line)
        registry, unread = with_project(
            [self.path.parent / each for each in given.get("registry", ())]
        )
        assert not unread, unread
        facts = (
            source.read([str(self.path)], root=str(self.path.parent))
            if self.path.suffix == ".py"
            else exposition.read_file(self.path)
        )
        given = {
            key: tuple(value) if isinstance(value, list) else value for key, value in given.items()
        }
        return run(facts, Options(**given), rules, registry)

    def found(self, rules: Sequence[Rule]) -> list[str]:
        """What the checker finds of the folder's code, as `expected` says it."""
        return [
            f"{one.code} {at.line}:{at.column}-{at.end_line}:{at.end_column} {one.severity}"
            for one in self.judged(rules).findings
            if one.code == self.code
            for at in [one.position]
        ]


def cases() -> list[Case]:
    """Every case, by code and name."""
    return [Case(path) for path in sorted(FOLDER.glob("*/*")) if path.suffix in SUFFIXES]
