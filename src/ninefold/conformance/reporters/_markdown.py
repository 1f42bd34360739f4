"""A report as Markdown, for the summary of a job or a comment on a change."""

from __future__ import annotations

import re
from typing import Final

from ninefold.conformance._engine import Report
from ninefold.conformance._finding import Finding, Severity
from ninefold.conformance._places import beneath
from ninefold.conformance.reporters._summary import summary

_WORDS: Final[dict[Severity, str]] = {"E": "error", "W": "warning", "I": "note"}
_MEANT: Final = re.compile(r"([\\`*_{}\[\]<>#|~&@$])")
"""What Markdown, or a service that shows it, could take for more than itself."""

_CODE: Final = re.compile(r"`([^`\n]+)`")


def written(report: Report) -> str:
    """The summary, and a table of the findings where there are any."""
    lines = ["## ninefold check", "", _shown(summary(report))]
    if report.findings:
        lines += ["", "| where | rule | | what |", "|---|---|---|---|"]
        lines += [_row(each) for each in report.findings]
    return "\n".join(lines) + "\n"


def _row(finding: Finding) -> str:
    position = finding.position
    # As code: elsewhere `:100:` is a picture.
    place = f"{beneath(position.path)}:{position.line}:{position.column}"
    where = _shown(place) if "`" in place else _shown(f"`{place}`")
    what = _shown(finding.message)
    if finding.remedy:
        what += f"<br>{_shown(finding.remedy)}"
    return f"| {where} | {finding.code} | {_WORDS[finding.severity]} | {what} |"


def _shown(text: str) -> str:
    # Code in a message stays code, where a bar ends a cell all the same. A line would end the row.
    parts = _CODE.split(" ".join(text.split()))
    return "".join(
        "`" + part.replace("|", "\\|") + "`" if number % 2 else _MEANT.sub(r"\\\1", part)
        for number, part in enumerate(parts)
    )
