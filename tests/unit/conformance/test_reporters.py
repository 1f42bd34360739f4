"""Each format of a report, read back by a parser of it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.sarif import SCHEMA

from ninefold.cli import _check
from ninefold.conformance import Edit, Finding, Fix, Options, Position, Report, every_rule
from ninefold.conformance._engine import run
from ninefold.conformance._facts import Facts, Unread
from ninefold.conformance.registry import conventions
from ninefold.conformance.reporters import FORMATS, written
from ninefold.conformance.source import read

TEXT = """
from opentelemetry.metrics import get_meter
meter = get_meter("shop")
x = meter.create_counter("shop.orders", "orders", "Orders.")
é = "é"; y = meter.create_counter("shop.ünits|x", "1", "Odd <names> & `code|bar`.")
z = meter.create_histogram("shop.wait", "ms", "How long one waits.")
"""


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """The report of a file with findings of all severities, with and without fixes."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a b" / "shop:é.py"
    path.parent.mkdir()
    path.write_text(TEXT, encoding="utf-8")
    found = run(read([os.path.join("a b", "shop:é.py")]), Options(), every_rule(), conventions())
    assert {each.severity for each in found.findings} == {"E", "W", "I"}
    assert any(each.fix for each in found.findings)
    return found


def _one(path: str = "shop.py", message: str = "wrong", **changes: Any) -> Report:
    given: dict[str, Any] = {
        "code": "NF-U202",
        "severity": "E",
        "message": message,
        "position": Position(path, 3, 5, 3, 9),
        "remedy": "write 's'",
        "fingerprint": "f1",
    }
    return Report((Finding(**(given | changes)),), Facts(files=1))


def test_the_command_has_every_format() -> None:
    """The command names the formats without loading what writes them."""
    folder = Path(_check.__file__).parents[1] / "conformance/reporters"
    files = {each.stem[1:] for each in folder.glob("_[a-z]*.py")}
    assert set(FORMATS) == files - {"names", "summary", "frames"}
    assert _check._FORMATS == FORMATS


def test_json_lines(report: Report) -> None:
    """Each line is a document: findings and metrics as in JSON, then the run."""
    *lines, last = map(json.loads, written("jsonl", report).splitlines())
    whole = json.loads(written("json", report))
    findings = [{"type": "finding", **each} for each in whole.pop("findings")]
    metrics = [{"type": "metric", **each} for each in whole.pop("metrics")]
    assert metrics
    assert lines == findings + metrics
    assert last == {"type": "run", **whole}


def _sarif(report: Report) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(written("sarif", report))
    jsonschema.validate(document, SCHEMA, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)
    [found] = document["runs"]
    return dict(found)


def test_sarif(report: Report) -> None:
    """Each finding is a result with its rule, level, place, fingerprint and fix."""
    found = _sarif(report)
    assert [each["id"] for each in found["tool"]["driver"]["rules"]] == [
        each.code for each in every_rule()
    ]
    rules = found["tool"]["driver"]["rules"]
    assert len(found["results"]) == len(report.findings) > 3
    for result, finding in zip(found["results"], report.findings, strict=True):
        at = finding.position
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.code
        assert result["level"] == {"E": "error", "W": "warning", "I": "note"}[finding.severity]
        assert finding.message in result["message"]["text"]
        [place] = result["locations"]
        file = place["physicalLocation"]["artifactLocation"]
        assert (unquote(file["uri"]), file["uriBaseId"]) == ("a b/shop:é.py", "SRCROOT")
        assert place["physicalLocation"]["region"] == {
            "startLine": at.line,
            "startColumn": at.column,
            "endLine": at.end_line,
            "endColumn": at.end_column,
        }
        assert list(result["partialFingerprints"].values()) == [finding.fingerprint]
        assert ("fixes" in result) == (finding.fix is not None)


def test_a_fix_in_sarif_mends_the_text(report: Report) -> None:
    """What a result's fix deletes and inserts, put in by its columns, is what the fix says."""
    [result] = [each for each in _sarif(report)["results"] if each["ruleId"] == "NF-U202"]
    [fix] = result["fixes"]
    [change] = fix["artifactChanges"]
    [replacement] = change["replacements"]
    region = replacement["deletedRegion"]
    line = TEXT.splitlines()[region["startLine"] - 1]
    mended = (
        line[: region["startColumn"] - 1]
        + replacement["insertedContent"]["text"]
        + line[region["endColumn"] - 1 :]
    )
    assert mended == 'x = meter.create_counter("shop.orders", "{order}", "Orders.")'


def test_sarif_of_other_places() -> None:
    """An address is one, standard input a name, a file elsewhere absolute; a fix over two files."""
    outside = os.path.abspath(os.path.join(os.sep, "elsewhere", "shop.py"))
    for path, uri in [
        ("http://127.0.0.1:1/metrics", "http://127.0.0.1:1/metrics"),
        ("<stdin>", "%3Cstdin%3E"),
        (outside, Path(outside).as_uri()),
    ]:
        [result] = _sarif(_one(path))["results"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri
    edits = tuple(Edit(Position(each, 1, 1, 1, 2), "x") for each in ("a.py", "b.py", "a.py"))
    [result] = _sarif(_one(fix=Fix("unsafe", "write x", edits)))["results"]
    changes = result["fixes"][0]["artifactChanges"]
    assert [(each["artifactLocation"]["uri"], len(each["replacements"])) for each in changes] == [
        ("a.py", 2),
        ("b.py", 1),
    ]


def test_sarif_says_that_something_was_not_read() -> None:
    """A run that has not read all is no success, nor is one without findings a failure."""
    unread = Facts(unread=(Unread(Position("a.py", 1, 1, 1, 1), "gone"),))
    assert _sarif(Report((), unread))["invocations"] == [{"executionSuccessful": False}]
    assert _sarif(Report((), Facts()))["invocations"] == [{"executionSuccessful": True}]


def _junit(report: Report) -> ElementTree.Element:
    root = ElementTree.fromstring(written("junit", report).encode())
    for one in (root, *root):
        inner = list(one.iter("testcase"))
        assert int(one.attrib["tests"]) == len(inner)
        assert int(one.attrib["failures"]) == len(list(one.iter("failure")))
        assert int(one.attrib["errors"]) == len(list(one.iter("error")))
    return root


def test_junit(report: Report) -> None:
    """A file is a suite, a finding a test: errors and warnings fail, information passes."""
    [suite] = _junit(report)
    assert suite.attrib["name"] == "a b/shop:é.py"
    for case, finding in zip(suite, report.findings, strict=True):
        assert case.attrib["file"] == "a b/shop:é.py"
        assert case.attrib["line"] == str(finding.position.line)
        assert case.attrib["name"].startswith(finding.code)
        [inner] = case
        assert finding.message in (inner.text or "")
        assert inner.tag == ("system-out" if finding.severity == "I" else "failure")


def test_junit_of_nothing_and_of_the_unread() -> None:
    """A clean run is a test that passed; what could not be read is an error."""
    [suite] = _junit(Report((), Facts(files=3)))
    assert [len(case) for case in suite] == [0]
    [suite] = _junit(_one(code="NF-X002"))
    assert suite.attrib["errors"] == "1"


@given(st.text())
def test_junit_holds_any_text(text: str) -> None:
    """Whatever source holds, the report is XML, and holds all of it that XML can."""
    [suite] = _junit(_one(message=text))
    [[failure]] = suite
    kept = re.sub(r"[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
    shown = failure.attrib["message"].replace("\ufffd", "").replace("\r", "")
    assert shown == kept.replace("\ufffd", "")


def _rows(text: str) -> Iterator[list[str]]:
    """The cells of a table, each as it is shown."""
    for line in text.splitlines():
        if line.startswith("|"):
            cells = re.split(r"(?<!\\)(?:\\\\)*\|", line)[1:-1]
            yield [re.sub(r"\\(?=\W|_)", "", each).strip() for each in cells]


def test_markdown(report: Report) -> None:
    """Each finding is a row of four cells, whatever is in its text."""
    _, _, *rows = _rows(written("markdown", report))
    assert len(rows) == len(report.findings)
    for (where, code, severity, what), finding in zip(rows, report.findings, strict=True):
        at = finding.position
        assert where == f"`a b/shop:é.py:{at.line}:{at.column}`"
        assert code == finding.code
        assert severity == {"E": "error", "W": "warning", "I": "note"}[finding.severity]
        assert what.startswith(finding.message)
    assert "No findings" in written("markdown", Report((), Facts()))


def test_markdown_makes_nothing_of_what_it_shows() -> None:
    """No text of a finding becomes markup, a link or another row."""
    [_, _, row] = _rows(written("markdown", _one("a|b.py", "<b>[x](y)</b>\n| *z* `a|b`")))
    assert row[0] == "`a|b.py:3:5`"
    text = written("markdown", _one(message="<b>[x](y)</b>\n| *z*"))
    assert r"\<b\>\[x\](y)\</b\> \| \*z\*" in text
