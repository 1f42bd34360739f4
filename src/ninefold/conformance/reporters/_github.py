"""Workflow commands, of which GitHub makes annotations beside the lines.

Source: GitHub Docs, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from typing import Final

from ninefold.conformance._engine import Report
from ninefold.conformance._finding import Finding, Severity
from ninefold.conformance._places import from_checkout
from ninefold.conformance.reporters._summary import summary

_CHECKOUT: Final = "GITHUB_WORKSPACE"
_LEVELS: Final[dict[Severity, str]] = {"E": "error", "W": "warning", "I": "notice"}


def written(report: Report) -> str:
    """One command for each finding, and the summary, which goes to the log."""
    return "\n".join([*map(_command, report.findings), summary(report)]) + "\n"


def _command(finding: Finding) -> str:
    position = finding.position
    properties = {
        "title": finding.code,
        "file": from_checkout(position.path, _CHECKOUT),
        "line": str(position.line),
        "endLine": str(position.end_line),
        "col": str(position.column),
        "endColumn": str(position.end_column),
    }
    if position.end_line != position.line:
        # Columns count within one line only.
        del properties["col"], properties["endColumn"]
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    remedy = f"\n{finding.remedy}" if finding.remedy else ""
    text = _data(f"{finding.code} {finding.message}{remedy}")
    return f"::{_LEVELS[finding.severity]} {given}::{text}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
