"""The baseline: what is known is spared, what is new is told, and what is gone too."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.cases import cases

from ninefold.cli._check import main
from ninefold.conformance import Options, every_rule
from ninefold.conformance._engine import run
from ninefold.conformance.registry import conventions
from ninefold.conformance.source import read

HEAD = "from opentelemetry.metrics import get_meter\nmeter = get_meter('shop')\n"
ORDERS = "a = meter.create_counter('shop.orders', 'orders', 'Orders placed.')\n"
CARTS = "b = meter.create_counter('shop.carts', 'carts', 'Carts begun.')\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one file that has one error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "shop").mkdir()
    write(tmp_path, ORDERS)
    assert main(["--write-baseline", "known.json"]) == 0
    return tmp_path


def write(folder: Path, text: str) -> None:
    """Write the file that is checked."""
    (folder / "shop/metrics.py").write_text(HEAD + text, encoding="utf-8")


def test_known_findings_do_not_fail(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is known is counted and not told, wherever it has moved to in its file."""
    capsys.readouterr()
    write(folder, f"\n\nif True:\n    {ORDERS}")
    assert main(["--baseline", "known.json"]) == 0
    assert capsys.readouterr().out == (
        "No findings. 1 metric declared in 1 file, 1 resolved, 1 finding known.\n"
    )
    assert main([]) == 1


def test_new_findings_fail(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A finding that the baseline has not, or one more of the same, is told."""
    write(folder, CARTS + ORDERS)
    assert main(["--baseline", "known.json", "--format", "concise"]) == 1
    assert "shop.carts" not in capsys.readouterr().err
    write(folder, ORDERS + ORDERS)
    assert main(["--baseline", "known.json"]) == 1


def test_gone_findings_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A finding of the baseline that is no more is named, in every format, and fails nothing."""
    write(folder, "")
    for form in ("text", "json", "gitlab"):
        capsys.readouterr()
        assert main(["--baseline", "known.json", "--format", form]) == 0
        told = capsys.readouterr()
        gone, how = told.err.splitlines()
        assert gone == "gone: NF-U202 shop/metrics.py: the unit 'orders' is not UCUM"
        assert "--write-baseline" in how
    (folder / "shop/metrics.py").unlink()
    (folder / "shop/other.py").touch()
    assert main(["shop", "--baseline", "known.json"]) == 0
    assert capsys.readouterr().err == told.err


@pytest.mark.parametrize(
    ("paths", "arguments", "is_gone"),
    [
        (["other"], [], False),
        (["shop"], [], True),
        (["shop/metrics.py"], [], True),
        (["sho"], [], False),
        (["."], ["--ignore", "U"], False),
    ],
)
def test_what_was_not_looked_for_is_not_gone(
    paths: list[str],
    arguments: list[str],
    is_gone: bool,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A run over other files, or without the rule, says nothing of what the baseline has."""
    for each in ("other", "sho"):
        (folder / each).mkdir()
    write(folder, "")
    capsys.readouterr()
    main([*paths, *arguments, "--baseline", "known.json"])
    assert ("gone:" in capsys.readouterr().err) == is_gone


def test_the_configured_baseline(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found beside the configuration, from wherever the check is started, however named."""
    (folder / "pyproject.toml").write_text("[tool.ninefold.check]\nbaseline = 'known.json'\n")
    assert main([]) == 0
    assert main(["./shop/../shop/metrics.py"]) == 0
    assert main([str(folder)]) == 0
    assert main(["--baseline="]) == 1
    monkeypatch.chdir(folder / "shop")
    assert main([]) == 0
    assert main(["metrics.py"]) == 0


def test_a_baseline_is_for_reading(folder: Path) -> None:
    """It names each finding in words, in an order that keeps changes small, and ends its lines."""
    write(folder, CARTS + ORDERS)
    (folder / "shop/a.py").write_text(HEAD + ORDERS)
    main(["--write-baseline", "known.json"])
    text = (folder / "known.json").read_bytes()
    document = json.loads(text)
    assert document["version"] == 1
    assert [(each["path"], each["metric"]) for each in document["findings"]] == [
        ("shop/a.py", "shop.orders"),
        ("shop/metrics.py", "shop.carts"),
        ("shop/metrics.py", "shop.orders"),
    ]
    assert text.endswith(b"}\n")
    assert set(os.listdir(folder)) - {".ninefold_cache"} == {".git", "known.json", "shop"}


def test_what_was_not_read_is_never_known(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that could not be read stays an error, when the baseline is written and after."""
    write(folder, f"{ORDERS}(")
    assert main(["--write-baseline", "known.json"]) == 2
    assert "NF-X002" in capsys.readouterr().out
    assert known(folder) == [HERE]
    (folder / "known.json").unlink()
    assert main(["--write-baseline", "known.json"]) == 2
    assert known(folder) == []
    assert main(["--baseline", "known.json"]) == 2


def known(folder: Path, name: str = "known.json") -> list[tuple[str, str, str]]:
    """What the baseline has: rule, file and metric of each."""
    findings = json.loads((folder / name).read_text())["findings"]
    return [(each["code"], each["path"], each["metric"]) for each in findings]


ELSEWHERE = ("NF-U202", "other/a.py", "shop.carts")
HERE = ("NF-U202", "shop/metrics.py", "shop.orders")


@pytest.fixture
def parts(folder: Path) -> Path:
    """A project of two folders, both of which the baseline knows an error in."""
    (folder / "other").mkdir()
    (folder / "other/a.py").write_text(HEAD + CARTS)
    assert main(["--write-baseline", "known.json"]) == 0
    assert known(folder) == [ELSEWHERE, HERE]
    return folder


@pytest.mark.parametrize("path", ["shop", "./shop/metrics.py", "shop/../shop"])
def test_a_baseline_of_a_part(path: str, parts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was checked is replaced; what was not stays, as long as its file is there."""
    write(parts, "")
    capsys.readouterr()
    assert main([path, "--write-baseline", "known.json"]) == 0
    assert capsys.readouterr().err == (
        "0 findings written to known.json, 1 kept of what was not checked\n"
    )
    assert known(parts) == [ELSEWHERE]
    write(parts, ORDERS)
    assert main([path, "--write-baseline", "known.json"]) == 0
    assert known(parts) == [ELSEWHERE, HERE]
    assert main(["--baseline", "known.json"]) == 0
    (parts / "other/a.py").unlink()
    assert main([path, "--write-baseline", "known.json"]) == 0
    assert known(parts) == [HERE]


def test_a_baseline_of_one_file_alone(parts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are those of the project, from wherever a part of it is checked."""
    (parts / "pyproject.toml").write_text("[tool.ninefold.check]\nbaseline = 'known.json'\n")
    write(parts, CARTS)
    monkeypatch.chdir(parts / "shop")
    assert main(["--write-baseline", "../known.json", "--baseline=", "."]) == 0
    assert known(parts) == [ELSEWHERE, ("NF-U202", "shop/metrics.py", "shop.carts")]


def test_what_did_not_run_stays_known(parts: Path) -> None:
    """A rule that is not chosen, and a file that cannot be read, say nothing of what is known."""
    assert main(["--ignore", "U202", "--write-baseline", "known.json"]) == 0
    assert known(parts) == [ELSEWHERE, HERE]
    write(parts, f"{ORDERS}(")
    assert main(["--write-baseline", "known.json"]) == 2
    assert known(parts) == [ELSEWHERE, HERE]


def test_a_part_says_nothing_of_conflicts(parts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong between two files is not gone where only one of them is looked at."""
    write(parts, CARTS.replace("'carts'", "'{cart}'"))
    assert main(["--write-baseline", "known.json", "--select", "C701"]) == 0
    conflicts = [each for each in known(parts) if each[0] == "NF-C701"]
    assert conflicts
    (where,) = {path for _, path, _ in conflicts}
    capsys.readouterr()
    main([where, "--baseline", "known.json"])
    assert "gone: NF-C701" not in capsys.readouterr().err
    main([where, "--write-baseline", "known.json"])
    assert [each for each in known(parts) if each[0] == "NF-C701"] == conflicts
    (parts / "other/a.py").write_text(HEAD)
    write(parts, "")
    main(["--write-baseline", "known.json"])
    assert known(parts) == []


@pytest.mark.parametrize("text", ["[project]\nname = 'shop'\n", "{}", "[]"])
def test_what_is_no_baseline_is_not_overwritten(
    text: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip of the name loses no other file."""
    (folder / "other.json").write_text(text)
    assert main(["--write-baseline", "other.json"]) == 2
    assert "other.json is no baseline" in capsys.readouterr().err
    assert (folder / "other.json").read_text() == text


def test_a_baseline_of_another_version_is_written_anew(folder: Path) -> None:
    """As the message that refuses it says."""
    (folder / "other.json").write_text('{"version": 0, "findings": []}')
    assert main(["--write-baseline", "other.json"]) == 0
    assert known(folder, "other.json") == [HERE]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "there is no baseline other.json; `ninefold check --write-baseline other.json`"),
        ("{", "other.json is no baseline"),
        ("[]", "other.json is no baseline (it is no JSON object)"),
        ('{"version": 1, "findings": [{}]}', "other.json is no baseline"),
        ('{"version": 2, "findings": []}', "is of version 2, this is ninefold for 1"),
    ],
)
def test_wrong_baseline(
    text: str | None, says: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A baseline that is not there or is none is refused, never taken for empty."""
    if text is not None:
        (folder / "other.json").write_text(text)
    capsys.readouterr()
    assert main(["--baseline", "other.json"]) == 2
    assert says in capsys.readouterr().err


def test_a_baseline_that_cannot_be_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The old one stays, and the error names the file."""
    before = (folder / "known.json").read_bytes()
    (folder / "taken").mkdir()
    assert main(["--write-baseline", "nowhere/known.json"]) == 2
    assert "the baseline nowhere/known.json cannot be written" in capsys.readouterr().err
    assert (folder / "known.json").read_bytes() == before


BAD = [each.path for each in cases() if each.is_bad and each.path.suffix == ".py"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(shifts=st.lists(st.integers(0, 4), min_size=3, max_size=3))
def test_fingerprints_do_not_follow_lines(shifts: list[int], tmp_path: Path) -> None:
    """Every rule's findings keep their fingerprints when lines come before them, in any file."""

    def prints(moved: bool) -> list[tuple[str, str]]:
        paths = []
        for number, source in enumerate(BAD):
            path = tmp_path / source.parent.name / source.name
            path.parent.mkdir(exist_ok=True)
            above = "\n" * shifts[number % 3] if moved else ""
            path.write_text(above + source.read_text(encoding="utf-8"), encoding="utf-8")
            paths.append(str(path))
        options = Options(prefix="acme", folder=str(tmp_path))
        report = run(read(paths, root=str(tmp_path)), options, every_rule(), conventions())
        return [(each.code, each.fingerprint) for each in report.findings]

    before = prints(moved=False)
    assert len({code for code, _ in before}) > 40
    assert len({print_ for _, print_ in before}) == len(before)
    assert prints(moved=True) == before
