"""A report as JUnit XML, which most CI systems show as tests.

Source: the schema of Apache Ant's JUnit task, as Jenkins, GitLab and others read it.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from ninefold.conformance._engine import Report
from ninefold.conformance._finding import Finding, Severity
from ninefold.conformance._places import beneath
from ninefold.conformance.reporters._summary import summary

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold in any spelling; source may hold all of it."""

_TYPES: Final[dict[Severity, str]] = {"E": "error", "W": "warning", "I": "information"}
_UNREAD: Final = "NF-X002"


def written(report: Report) -> str:
    """A suite for each file with findings: errors and warnings fail, information does not.

    What could not be read is an error of its suite. Without findings there is one test that passes.
    """
    tests = failures = errors = 0
    suites: list[str] = []
    for path, found in groupby(report.findings, key=lambda each: each.position.path):
        group = list(found)
        cases = [_case(each) for each in group]
        wrong = sum(each.code == _UNREAD for each in group)
        failed = sum(each.code != _UNREAD and each.severity != "I" for each in group)
        suites += [_suite(beneath(path), len(cases), failed, wrong), *cases, "  </testsuite>"]
        tests, failures, errors = tests + len(cases), failures + failed, errors + wrong
    if not suites:
        tests = 1
        suites = [
            _suite("ninefold check", 1, 0, 0),
            (
                f"    <testcase classname={_attribute('ninefold check')}"
                f" name={_attribute(summary(report))}/>"
            ),
            "  </testsuite>",
        ]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="utf-8"?>',
            (
                f'<testsuites name="ninefold check" tests="{tests}" failures="{failures}"'
                f' errors="{errors}">'
            ),
            *suites,
            "</testsuites>\n",
        ]
    )


def _suite(name: str, tests: int, failures: int, errors: int) -> str:
    return (
        f'  <testsuite name={_attribute(name)} tests="{tests}" failures="{failures}"'
        f' errors="{errors}">'
    )


def _case(finding: Finding) -> str:
    position = finding.position
    path = beneath(position.path)
    name = f"{finding.code} at {position.line}:{position.column}"
    text = f"{path}:{position.line}:{position.column}: {finding.message}"
    if finding.remedy:
        text += f"\n{finding.remedy}"
    if finding.severity == "I":
        inner = f"<system-out>{_text(text)}</system-out>"
    else:
        tag = "error" if finding.code == _UNREAD else "failure"
        inner = (
            f'<{tag} type="{_TYPES[finding.severity]}" message={_attribute(finding.message)}>'
            f"{_text(text)}</{tag}>"
        )
    return (
        f"    <testcase classname={_attribute(path)} name={_attribute(name)}"
        f' file={_attribute(path)} line="{position.line}">{inner}</testcase>'
    )


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", text))
