"""The checker in CI: annotations for GitHub, a report for GitLab, the action and the hook."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ninefold.cli._check import main, parse
from ninefold.conformance._engine import Report
from ninefold.conformance._facts import Facts, Position
from ninefold.conformance._finding import Finding
from ninefold.conformance.reporters import written

ROOT = Path(__file__).resolve().parents[3]


def _report(**changes: Any) -> Report:
    given: dict[str, Any] = {
        "code": "NF-U202",
        "severity": "E",
        "message": "100% wrong: a,b\nc",
        "position": Position(os.path.join(".", "a:b", "shop.py"), 3, 5, 3, 9),
        "remedy": "write 's'",
        "fingerprint": "f1",
    }
    return Report((Finding(**(given | changes)),), Facts(files=1))


@pytest.mark.parametrize(("severity", "level"), [("E", "error"), ("W", "warning"), ("I", "notice")])
def test_annotations_of_github(severity: str, level: str) -> None:
    """A finding is one command, whatever is in its text; what would end it is escaped."""
    command = written("github", _report(severity=severity)).splitlines()[0]
    assert command == (
        f"::{level} title=NF-U202,file=a%3Ab/shop.py,line=3,endLine=3,col=5,endColumn=9"
        "::NF-U202 100%25 wrong: a,b%0Ac%0Awrite 's'"
    )


def test_an_annotation_over_lines_has_no_columns() -> None:
    """GitHub takes columns within one line only."""
    text = written("github", _report(position=Position("shop.py", 3, 5, 4, 2)))
    assert "line=3,endLine=4::" in text


@pytest.mark.parametrize(("severity", "word"), [("E", "major"), ("W", "minor"), ("I", "info")])
def test_report_for_gitlab(severity: str, word: str) -> None:
    """The report is a list in which each finding has its place and a fingerprint."""
    assert json.loads(written("gitlab", _report(severity=severity))) == [
        {
            "description": "100% wrong: a,b\nc; write 's'",
            "check_name": "NF-U202",
            "fingerprint": "f1",
            "severity": word,
            "location": {"path": "a:b/shop.py", "lines": {"begin": 3, "end": 3}},
        }
    ]
    assert json.loads(written("gitlab", Report((), Facts()))) == []


@pytest.mark.parametrize("within", [True, False])
def test_paths_are_those_of_the_checkout(
    within: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that is started in a service's folder names files as the CI system seeks them."""
    service = tmp_path / "services" / "shop"
    (tmp_path / "other").mkdir()
    service.mkdir(parents=True)
    monkeypatch.chdir(service)
    root = str(tmp_path if within else tmp_path / "other")
    monkeypatch.setenv("CI_PROJECT_DIR", root)
    monkeypatch.setenv("GITHUB_WORKSPACE", root)
    report = _report(position=Position("shop.py", 1, 1, 1, 2))
    path = "services/shop/shop.py" if within else "shop.py"
    [issue] = json.loads(written("gitlab", report))
    assert issue["location"]["path"] == path
    assert f",file={path}," in written("github", report)


def test_paths_that_are_no_files() -> None:
    """An address and standard input are called as they are."""
    for path in ("http://127.0.0.1:1/metrics", "<stdin>"):
        [issue] = json.loads(written("gitlab", _report(position=Position(path, 1, 1, 1, 2))))
        assert issue["location"]["path"] == path


def _action() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return document


@pytest.mark.skipif(os.name != "posix", reason="by design: the action's steps are bash")
@pytest.mark.parametrize(
    ("arguments", "paths", "status"),
    [
        ("", "shop.py", 0),
        ("--fail-on W", "shop.py", 1),
        ("", "shop.py none.py", 2),
        ("", "$(exit 3) shop.py", 2),
        ("--select D\n--fail-on W\n", "shop.py\n", 1),
        ("", "shop.py\nnone.py", 2),
    ],
)
def test_the_actions_step_checks(tmp_path: Path, arguments: str, paths: str, status: int) -> None:
    """The step of the action, run as GitHub runs it, annotates; its inputs are never commands."""
    (tmp_path / "shop.py").write_text(
        "from prometheus_client import Counter\nlost = Counter('shop_lost', '')\n"
    )
    step = _action()["runs"]["steps"][-1]
    ran = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=tmp_path,
        env={
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PATHS": paths,
            "ARGUMENTS": arguments,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == status, ran.stderr
    assert "::warning title=NF-D601,file=shop.py,line=2" in ran.stdout


def test_the_actions_inputs_reach_the_shell_as_data() -> None:
    """No step pastes an input into its script."""
    action = _action()
    for step in action["runs"]["steps"]:
        assert "${{" not in step["run"]
    assert {f"${{{{ inputs.{name} }}}}" for name in action["inputs"]} == set(
        action["runs"]["steps"][-1]["env"].values()
    )


def test_the_hook_runs_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The hook's command checks the working directory."""
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    program, command, *arguments = hook["entry"].split()
    assert (program, command) == ("ninefold", "check")
    assert hook["pass_filenames"] is False
    (tmp_path / "shop.py").write_text("from prometheus_client import Counter\nCounter('a', '')\n")
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 0
    assert "shop.py:2:" in capsys.readouterr().out


def test_the_docs_commands_are_understood() -> None:
    """Each `ninefold check` in the page about CI has options that there are."""
    text = (ROOT / "docs/how-to/check-in-ci.md").read_text(encoding="utf-8")
    commands = re.findall(r"ninefold check ([^`\n>]*)", text)
    assert len(commands) >= 5
    for command in commands:
        parsed = parse(command.split())
        form = parsed.last("--format")
        assert form is None or written(form, Report((), Facts()))
