"""A Code Quality report, which GitLab shows in merge requests.

Source: GitLab Docs, "Code Quality", report format.
"""

from __future__ import annotations

import json
from typing import Final

from ninefold.conformance._engine import Report
from ninefold.conformance._finding import Finding, Severity
from ninefold.conformance._places import from_checkout

_CHECKOUT: Final = "CI_PROJECT_DIR"
_SEVERITIES: Final[dict[Severity, str]] = {"E": "major", "W": "minor", "I": "info"}


def written(report: Report) -> str:
    """A list of all findings, empty where there are none."""
    return json.dumps([_issue(each) for each in report.findings], indent=2) + "\n"


def _issue(finding: Finding) -> dict[str, object]:
    position = finding.position
    remedy = f"; {finding.remedy}" if finding.remedy else ""
    return {
        "description": f"{finding.message}{remedy}",
        "check_name": finding.code,
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": from_checkout(position.path, _CHECKOUT),
            "lines": {"begin": position.line, "end": position.end_line},
        },
    }
