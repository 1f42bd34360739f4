"""A report as SARIF 2.1.0, which code scanning services and editors read.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final
from urllib.parse import quote

from ninefold._version import __version__
from ninefold.conformance._engine import Report
from ninefold.conformance._facts import Position
from ninefold.conformance._finding import Finding, Fix, Severity
from ninefold.conformance._places import beneath
from ninefold.conformance._rule import Rule
from ninefold.conformance.rules import every_rule

_LEVELS: Final[dict[Severity, str]] = {"E": "error", "W": "warning", "I": "note"}
_ROOT: Final = "SRCROOT"
_FINGERPRINT: Final = "ninefold/v1"


def written(report: Report) -> str:
    """One run: every rule that there is, and a result for each finding.

    Columns are counted in characters. A path beneath the working directory is relative to it.
    """
    rules = every_rule()
    places = {each.code: number for number, each in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "ninefold check",
                "version": __version__,
                "rules": [_rule(each) for each in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"uri": f"{Path.cwd().as_uri()}/"}},
        "invocations": [{"executionSuccessful": not report.facts.unread}],
        "results": [_result(each, places) for each in report.findings],
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(document, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, object]:
    properties: dict[str, object] = {
        "tags": ["metrics", *sorted(rule.profiles)],
        "source": rule.source,
    }
    if rule.fix is not None:
        properties["fix"] = rule.fix
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.slug.split("-")),
        "shortDescription": {"text": rule.what},
        "fullDescription": {"text": rule.section("Why") or rule.what},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"level": _LEVELS[rule.severity], "enabled": rule.default},
        "properties": properties,
    }


def _result(finding: Finding, places: dict[str, int]) -> dict[str, object]:
    remedy = f"; {finding.remedy}" if finding.remedy else ""
    result: dict[str, object] = {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}{remedy}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(finding.position.path),
                    "region": _region(finding.position),
                }
            }
        ],
        "partialFingerprints": {_FINGERPRINT: finding.fingerprint},
    }
    if finding.code in places:
        result["ruleIndex"] = places[finding.code]
    if finding.metric:
        result["properties"] = {"metric": finding.metric}
    if finding.fix is not None:
        result["fixes"] = [_fix(finding.fix)]
    return result


def _fix(fix: Fix) -> dict[str, object]:
    changes: dict[str, list[dict[str, object]]] = {}
    for edit in fix.edits:
        changes.setdefault(edit.position.path, []).append(
            {"deletedRegion": _region(edit.position), "insertedContent": {"text": edit.text}}
        )
    return {
        "description": {"text": fix.says},
        "artifactChanges": [
            {"artifactLocation": _artifact(path), "replacements": replacements}
            for path, replacements in changes.items()
        ],
        "properties": {"kind": fix.kind},
    }


def _region(position: Position) -> dict[str, int]:
    return {
        "startLine": position.line,
        "startColumn": position.column,
        "endLine": position.end_line,
        "endColumn": position.end_column,
    }


def _artifact(path: str) -> dict[str, str]:
    shown = beneath(path)
    if "://" in shown:
        return {"uri": quote(os.fsencode(shown), safe=":/?#[]@!$&'()*+,;=%~")}
    if os.path.isabs(shown):
        return {"uri": Path(shown).as_uri()}
    # A colon in the first part would make a scheme of it.
    return {"uri": quote(os.fsencode(shown), safe="/"), "uriBaseId": _ROOT}
