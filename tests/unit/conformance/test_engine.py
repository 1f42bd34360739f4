"""The engine: which rules run, in what order findings come, and which are accepted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ninefold.conformance import Finding, Options, Report, every_rule, exposition
from ninefold.conformance._engine import run
from ninefold.conformance._patterns import Patterns
from ninefold.conformance.registry import conventions
from ninefold.conformance.source import read

HEAD = "from opentelemetry.metrics import get_meter\nmeter = get_meter('shop')\n"


def report_of(folder: Path, text: str, **options: Any) -> Report:
    """What is said of a file with this text."""
    path = folder / "shop.py"
    path.write_text(HEAD + text, encoding="utf-8")
    return run(read([str(path)]), Options(**options), every_rule(), conventions())


def codes(report: Report) -> list[str]:
    """The codes of the findings, in their order."""
    return [each.code for each in report.findings]


TEXT = "b = meter.create_counter('orders', unit='seconds')\n"


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, ["NF-D601", "NF-N103", "NF-U202"]),
        ({"select": ("NF-U",)}, ["NF-U202"]),
        ({"select": ("NF-U202", "NF-N")}, ["NF-N103", "NF-U202"]),
        ({"ignore": ("NF-U",)}, ["NF-D601", "NF-N103"]),
        ({"select": ("NF-U202",), "ignore": ("NF-U",)}, ["NF-U202"]),
        ({"select": ("NF-U",), "ignore": ("NF-U202",)}, []),
        ({"select": ("",), "ignore": ("NF-N103",)}, ["NF-D601", "NF-U202"]),
        ({"per_file_ignores": {"shop.py": ("NF-N",)}}, ["NF-D601", "NF-U202"]),
        ({"per_file_ignores": {"shop.py": ("",)}}, []),
        ({"per_file_ignores": {"shop.py": ()}}, ["NF-D601", "NF-N103", "NF-U202"]),
        ({"ignore": ("",)}, []),
        ({"select": ("",), "ignore": ("NF-U2",)}, ["NF-D601", "NF-N103"]),
        ({"select": ("NF-N103",), "ignore": ("",)}, ["NF-N103"]),
        ({"per_file_ignores": {"other.py": ("NF-N",)}}, ["NF-D601", "NF-N103", "NF-U202"]),
        ({"profile": "prometheus", "select": ("NF-U", "NF-S407")}, []),
    ],
)
def test_which_rules_run(options: dict[str, Any], found: list[str], tmp_path: Path) -> None:
    """The longest code that fits a rule decides, and files can be spared some."""
    assert codes(report_of(tmp_path, TEXT, **options)) == found


def test_severity_is_the_project_s(tmp_path: Path) -> None:
    """A configured severity wins over the rule's own."""
    report = report_of(tmp_path, TEXT, select=("NF-U202",), severity={"NF-U202": "I"})
    assert [each.severity for each in report.findings] == ["I"]
    among = {"": "W", "NF-U202": "I", "NF-U": "E"}
    report = report_of(tmp_path, TEXT, severity=among)
    assert {each.code: each.severity for each in report.findings} == {
        "NF-D601": "W",
        "NF-N103": "W",
        "NF-U202": "I",
    }


@pytest.mark.parametrize(
    ("pattern", "spared"),
    [
        ("src/tests/*", ["src/tests/a.py"]),
        ("./src/tests/a.py", ["src/tests/a.py"]),
        (r"src\tests\a.py", ["src/tests/a.py"]),
        ("src", ["src/tests/a.py"]),
        ("tests/", ["src/tests/a.py", "tests/a.py"]),
        ("tests/*", ["src/tests/a.py", "tests/a.py"]),
        ("**/tests/**", ["src/tests/a.py", "tests/a.py"]),
        ("src/**/a.py", ["src/tests/a.py"]),
        ("a.py", ["src/tests/a.py", "tests/a.py"]),
        ("ests/a.py", []),
        ("te", []),
    ],
)
@pytest.mark.parametrize("where", [".", "src", "tests", "../elsewhere"])
def test_patterns_of_files(
    pattern: str, spared: list[str], where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are those of the configuration's folder, wherever a check is started and on what."""
    project = tmp_path / "project"
    (tmp_path / "elsewhere").mkdir()
    for name in ("src/tests", "tests"):
        (project / name).mkdir(parents=True)
    monkeypatch.chdir(project / where)
    patterns = Patterns([pattern], str(project))
    files = ["src/tests/a.py", "tests/a.py"]
    whole = [each for each in files if patterns.fit(str(project / each))]
    assert whole == [each for each in files if patterns.fit(os.path.relpath(project / each))]
    assert whole == spared


def test_absolute_patterns_of_files(tmp_path: Path) -> None:
    """They are as good as those from the configuration's folder on."""
    patterns = Patterns([str(tmp_path / "src")], str(tmp_path))
    assert patterns.fit(str(tmp_path / "src/a.py"))
    assert not patterns.fit(str(tmp_path / "a.py"))
    assert not Patterns([str(tmp_path / "src")], "/elsewhere").fit(str(tmp_path / "a.py"))


def test_what_is_unread_is_told_whatever_is_chosen(tmp_path: Path) -> None:
    """It decides the exit code, so that a run never fails without saying why."""
    for options in (
        {"select": ("NF-N",)},
        {"ignore": ("NF-X002",)},
        {"per_file_ignores": {"shop.py": ("",)}},
    ):
        report = report_of(tmp_path, "meter.create_counter('a' 'b'", **options)
        assert codes(report) == ["NF-X002"]


def test_order_is_that_of_the_text(tmp_path: Path) -> None:
    """Findings come by line, column and code, whatever the order of the rules."""
    report = report_of(tmp_path, "meter.create_counter('Z')\nmeter.create_counter('a b', 'x y')\n")
    places = [(each.position.line, each.position.column, each.code) for each in report.findings]
    assert places == sorted(places)
    assert len(places) > 4


def _prints(findings: tuple[Finding, ...]) -> list[str]:
    return [each.fingerprint for each in findings]


def test_fingerprints_do_not_follow_lines(tmp_path: Path) -> None:
    """Lines that come before, and other columns, change no fingerprint; each is of one finding."""
    text = "meter.create_counter('orders')\nmeter.create_counter('orders')\n"
    before = report_of(tmp_path, text)
    after = report_of(tmp_path, f"\n\nx = 1\n{text.replace('meter.c', 'x = meter.c')}")
    assert _prints(before.findings) == _prints(after.findings)
    assert len(set(_prints(before.findings))) == len(before.findings) > 2


def test_names_of_conventions_are_exempt_until_asked(tmp_path: Path) -> None:
    """The registry is the authority for its own names; what that spares can be shown."""
    text = "meter.create_up_down_counter('http.server.active_requests', '{request}', 'Active.')\n"
    quiet = report_of(tmp_path, text, ignore=("NF-R805",))
    shown = report_of(tmp_path, text, ignore=("NF-R805",), exempt=False)
    assert codes(quiet) == []
    assert codes(shown) == ["NF-I304"]


@pytest.mark.parametrize(
    ("comment", "found", "suppressed"),
    [
        ("# noqa: NF-U202", ["NF-D601", "NF-N103"], 1),
        ("# noqa: NF-U202, NF-N103", ["NF-D601"], 2),
        ("# noqa: E501,NF-U202", ["NF-D601", "NF-N103"], 1),
        ("# ninefold: ignore", [], 3),
        (
            "# ninefold: ignore[NF-D601] until=2027-01-01 reason=next year",
            ["NF-N103", "NF-U202"],
            1,
        ),
        ("# ninefold: ignore[NF-D601] until=2026-11-27", ["NF-N103", "NF-U202"], 1),
        (
            "# ninefold: ignore[NF-D601] until=2026-11-26",
            ["NF-D601", "NF-N103", "NF-U202", "NF-X001"],
            0,
        ),
        ("# noqa: NF-U204", ["NF-D601", "NF-N103", "NF-U202", "NF-X001"], 0),
        ("# noqa", ["NF-D601", "NF-N103", "NF-U202"], 0),
        ("# noqa: E501  # not NF-U202", ["NF-D601", "NF-N103", "NF-U202"], 0),
    ],
)
def test_suppressions(comment: str, found: list[str], suppressed: int, tmp_path: Path) -> None:
    """A comment accepts what it names on its line, until its day; an idle one is told."""
    report = report_of(tmp_path, f"{TEXT.rstrip()}  {comment}\n", today="2026-11-27")
    assert sorted(codes(report)) == found
    assert report.suppressed == suppressed


@pytest.mark.parametrize("line", [1, 2])
def test_suppression_on_any_line_of_a_finding(line: int, tmp_path: Path) -> None:
    """What stands on several lines is accepted on each of them."""
    lines = ["meter.create_counter(", "    'shop.'", "    'orders_total',", "    '{order}')"]
    lines[line] += "  # noqa: NF-S401"
    report = report_of(tmp_path, "\n".join(lines) + "\n", select=("NF-S401", "NF-X001"))
    assert (codes(report), report.suppressed) == ([], 1)


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("'shop.orders_total'", '"shop.orders"'),
        ("NAME", None),
        ("f'shop.{ORDERS}'", None),
        ("'shop.' 'orders_total'", None),
        ("'shop.'\n'orders_total'", None),
        ("r'shop.orders_total'", None),
    ],
)
def test_an_edit_is_of_a_literal_alone(name: str, edit: str | None, tmp_path: Path) -> None:
    """What is put together, or stands elsewhere, is not written over."""
    text = (
        "NAME = 'shop.orders_total'\nORDERS = 'orders_total'\n"
        f"meter.create_counter({name}, '{{order}}', 'Orders placed.')\n"
    )
    (found,) = report_of(tmp_path, text, select=("NF-S401",)).findings
    edits = [each.text for each in found.fix.edits] if found.fix is not None else []
    assert edits == ([] if edit is None else [edit])


@pytest.mark.parametrize("listed", ["(NF-U202)", " NF-U202", ": NF-U202", "=NF-U202", "[NF-U202"])
def test_suppression_that_only_looks_like_a_list(listed: str, tmp_path: Path) -> None:
    """It does not accept all as `# ninefold: ignore` does, and is told how codes are given."""
    report = report_of(tmp_path, f"{TEXT.rstrip()}  # ninefold: ignore{listed}\n")
    assert sorted(codes(report)) == ["NF-D601", "NF-N103", "NF-U202", "NF-X001"]
    assert report.findings[-1].message == "codes must stand in brackets, as in ignore[NF-A507]"


def test_suppression_of_a_rule_that_did_not_run(tmp_path: Path) -> None:
    """Whether it would have been needed is not known: it is not called idle."""
    report = report_of(tmp_path, f"{TEXT.rstrip()}  # noqa: NF-U204\n", ignore=("NF-U204",))
    assert "NF-X001" not in codes(report)


def test_both_formats_of_a_service_do_not_conflict() -> None:
    """Prometheus's own format says gauge of what OpenMetrics has a word for."""
    text = b'# TYPE shop_state gauge\nshop_state{shop_state="open"} 1\n'
    facts = exposition.read(text, "a.prom").joined(
        exposition.read(text.replace(b"gauge", b"stateset") + b"# EOF\n", "a.om", openmetrics=True)
    )
    options = Options(select=("NF-C701",))
    assert not run(facts, options, every_rule(), conventions()).findings


def test_alternatives_do_not_conflict(tmp_path: Path) -> None:
    """Declarations of which only one is ever made are no conflict; those after a return neither."""
    text = """
def f(legacy):
    if legacy:
        return meter.create_counter('shop.a', '1', 'A.')
    return meter.create_histogram('shop.a', '1', 'A.')

def g(legacy):
    if legacy:
        x = meter.create_counter('shop.b', '1', 'A.')
    else:
        x = meter.create_histogram('shop.b', '1', 'A.')
    match legacy:
        case 1:
            x = meter.create_counter('shop.c', '1', 'A.')
        case _:
            x = meter.create_histogram('shop.c', '1', 'A.')
    x = meter.create_counter('shop.d', '1', 'A.')
    if legacy:
        x = meter.create_histogram('shop.d', '1', 'A.')
"""
    report = report_of(tmp_path, text, select=("NF-C701",))
    assert [each.metric for each in report.findings] == ["shop.d"]


def test_only_a_literal_is_replaced(tmp_path: Path) -> None:
    """A constant of the very length is left as it is: others may share it."""
    text = (
        "ORDER_UNIT = '{orders}'\n"
        "a = meter.create_counter('shop.a', unit=ORDER_UNIT, description='A of it.')\n"
        "b = meter.create_counter('shop.b', unit='{orders}', description='B of it.')\n"
    )
    report = report_of(tmp_path, text, select=("NF-U204",))
    assert [each.fix is None for each in report.findings] == [True, False]


@pytest.mark.parametrize(("folder", "found"), [("src", 1), ("tests", 0), ("examples", 0)])
def test_one_prometheus_name_in_tests(folder: str, found: int, tmp_path: Path) -> None:
    """What a test or an example declares is no part of the program that the others are."""
    paths = []
    for place, name in (("src/a.py", "shop.cart.size"), (f"{folder}/b.py", "shop.cart_size")):
        path = tmp_path / place
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{HEAD}a = meter.create_gauge('{name}', unit='By', description='Size.')\n")
        paths.append(str(path))
    facts = read(paths)
    report = run(facts, Options(select=("NF-S409",)), every_rule(), conventions())
    assert len(report.findings) == found
