"""One line for each finding, as compilers write it."""

from __future__ import annotations

from ninefold.conformance._engine import Report
from ninefold.conformance._finding import Finding
from ninefold.conformance.reporters._summary import summary


def line(finding: Finding) -> str:
    """`shop.py:4:43: NF-U202 E message; remedy`."""
    where = f"{finding.position.path}:{finding.position.line}:{finding.position.column}"
    remedy = f"; {finding.remedy}" if finding.remedy else ""
    return f"{where}: {finding.code} {finding.severity} {finding.message}{remedy}"


def written(report: Report, *, colour: bool = False) -> str:
    """All findings and the summary."""
    return "\n".join([*map(line, report.findings), summary(report)]) + "\n"
