"""A report as one JSON document."""

from __future__ import annotations

import json

from ninefold.conformance._engine import Report
from ninefold.conformance._finding import Finding, Fix
from ninefold.conformance.reporters._names import metrics_as_json


def finding_as_json(finding: Finding) -> dict[str, object]:
    """One finding; lines and columns from 1, in characters, the end exclusive."""
    position = finding.position
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "remedy": finding.remedy,
        "metric": finding.metric,
        "path": position.path,
        "line": position.line,
        "column": position.column,
        "end_line": position.end_line,
        "end_column": position.end_column,
        "fix": None if finding.fix is None else _fix_as_json(finding.fix),
        "fingerprint": finding.fingerprint,
    }


def _fix_as_json(fix: Fix) -> dict[str, object]:
    return {
        "kind": fix.kind,
        "says": fix.says,
        "edits": [
            {
                "path": edit.position.path,
                "line": edit.position.line,
                "column": edit.position.column,
                "end_line": edit.position.end_line,
                "end_column": edit.position.end_column,
                "text": edit.text,
            }
            for edit in fix.edits
        ],
    }


def run_as_json(report: Report) -> dict[str, object]:
    """What was looked at."""
    return {
        "declarations": report.declarations,
        "resolved": report.resolved,
        "files": report.facts.files,
        "suppressed": report.suppressed,
        "known": report.known,
        "gone": list(report.gone),
    }


def written(report: Report) -> str:
    """The findings, what was looked at, and the metrics that were found."""
    document = {
        "findings": [finding_as_json(each) for each in report.findings],
        **run_as_json(report),
        "metrics": metrics_as_json(report),
    }
    return json.dumps(document, indent=2) + "\n"
