"""Rules of other distributions: found by entry point, judged by, and told where they are wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ninefold.conformance import Configuration, Options, rule
from ninefold.conformance import check as check_paths
from ninefold.errors import ConfigurationError

RUN = "import sys; from ninefold.cli._entry import main; sys.argv[0] = 'ninefold'; main()"
BAD = """\
from opentelemetry.metrics import get_meter
meter = get_meter('shop')
orders = meter.create_counter('shop.orders', 'orders', 'Orders placed.')
carts = meter.create_counter('shop.carts', '{cart}', 'Carts begun.')
"""
FOUND = "a.py:3:31: ACME-N101 W orders are counted by the till; leave it out\n"
RULES = '''\
"""The rules of the acme distribution."""

from collections.abc import Iterator

from ninefold.conformance import Context, Declaration, Found, rule


@rule("ACME-N101", "acme-orders", "W", source="acme's handbook")
def orders(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A metric is about orders.

    ## Why

    Orders are counted by the till.

    ## Bad

    ## Use instead
    """
    if "orders" in (declaration.name.value or ""):
        yield Found(declaration.name.position, "orders are counted by the till", "leave it out")


@rule("ACME-N102", "acme-raises", "W", source="acme's handbook")
def raises(declaration: Declaration, context: Context) -> Iterator[Found]:
    """It fails."""
    yield Found(declaration.name.position, f"seen {1 // ('carts' in declaration.name.value)}")


@rule("ACME-N103", "acme-text", "W", about="run", source="acme's handbook")
def text(facts: object, context: Context) -> Iterator[str]:
    """It yields something else than what it should."""
    yield "wrong"


@rule("NF-N999", "acme-ours", "W", source="acme's handbook")
def ours(declaration: Declaration, context: Context) -> Iterator[Found]:
    """Its code is one of ninefold's."""
    return iter(())


def bare(declaration: Declaration, context: Context) -> Iterator[Found]:
    """It was never made a rule."""
    return iter(())
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project to be checked, and an empty folder that is on the path of modules."""
    (tmp_path / "project/.git").mkdir(parents=True)
    (tmp_path / "project/a.py").write_text(BAD)
    (tmp_path / "installed").mkdir()
    return tmp_path / "project"


def install(project: Path, points: dict[str, str], name: str = "acme") -> None:
    """Install a distribution with these entry points, as an installer leaves it behind."""
    folder = project.parent / "installed"
    (folder / f"{name}_rules.py").write_text(RULES)
    info = folder / f"{name}_rules-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-rules\nVersion: 1.0\n")
    lines = "".join(f"{key} = {value}\n" for key, value in points.items())
    (info / "entry_points.txt").write_text(f"[ninefold.conformance_rules]\n{lines}")


def check(project: Path, *arguments: str, command: str = "check") -> tuple[int, str]:
    """The exit code and what is said, nothing of which is a traceback."""
    ran = subprocess.run(
        [sys.executable, "-c", RUN, command, *arguments],
        cwd=project,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(project.parent / "installed")},
        check=False,
    )
    assert "Traceback" not in ran.stderr
    return ran.returncode, ran.stdout + ran.stderr


def test_a_rule_of_another_distribution(project: Path) -> None:
    """It runs, is chosen, accepted and explained like those that ship."""
    install(project, {"orders": "acme_rules:orders"})
    code, out = check(project, "--format", "concise")
    assert code == 1
    assert FOUND in out
    assert "NF-U202" in out
    assert "ACME-N101" not in check(project, "--ignore", "ACME-N")[1]
    assert check(project, "--select", "ACME", "--fail-on", "W", "--format", "concise") == (
        1,
        f"{FOUND}1 warning. 2 metrics declared in 1 file, 2 resolved.\n",
    )
    assert "Orders are counted by the till." in check(project, "ACME-N101", command="explain")[1]
    (project / "a.py").write_text(
        BAD.replace("placed.')", "placed.')  # ninefold: ignore[ACME-N101, NF-U202]")
    )
    assert check(project) == (
        0,
        "No findings. 2 metrics declared in 1 file, 2 resolved, 2 findings accepted.\n",
    )
    (project / "pyproject.toml").write_text("[tool.ninefold.check.severity]\nACME-N101 = 'E'\n")
    (project / "a.py").write_text(BAD)
    assert "ACME-N101 E" in check(project, "--format", "concise")[1]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("acme_rules:gone", "cannot be imported: AttributeError"),
        ("acme_gone:orders", "cannot be imported: ModuleNotFoundError: No module named"),
        ("acme_rules:bare", "is no rule, but function; decorate the function with ninefold"),
        ("acme_rules:RULES", "cannot be imported: AttributeError"),
        ("acme_rules:Context", "is no rule, but type; decorate"),
        ("acme_rules:ours", "has the code NF-N999, which is ninefold's; take a prefix"),
    ],
)
def test_an_entry_point_that_gives_no_rule(value: str, says: str, project: Path) -> None:
    """It is told by its name, the other rules run, and the check exits with 2."""
    install(project, {"broken": value, "orders": "acme_rules:orders"})
    code, out = check(project, "--format", "concise")
    assert code == 2
    assert f"<{value}>:1:1: NF-X002 E the entry point 'broken' of ninefold.conformance_rules" in out
    assert says in out
    assert "NF-U202" in out
    assert "ACME-N101" in out


def test_a_module_that_fails_when_it_is_imported(project: Path) -> None:
    """Whatever it raises is told, and no more than that is lost."""
    install(project, {"orders": "acme_rules:orders"})
    install(project, {"broken": "other_rules:orders"}, "other")
    (project.parent / "installed/other_rules.py").write_text("raise RuntimeError('no licence')\n")
    code, out = check(project, "--format", "concise")
    assert code == 2
    assert "'broken' of ninefold.conformance_rules cannot be imported: RuntimeError: no li" in out
    assert "ACME-N101 W" in out


def test_two_distributions_with_one_code(project: Path) -> None:
    """The first by name has it, the other is told."""
    install(project, {"a": "acme_rules:orders"})
    install(project, {"b": "other_rules:orders"}, "other")
    code, out = check(project, "--format", "concise")
    assert code == 2
    assert "'b' of ninefold.conformance_rules has the code ACME-N101, which is taken" in out
    assert "3:31: ACME-N101 W" in out


def test_a_rule_that_is_asked_for_and_broken(project: Path) -> None:
    """Where the configuration names it, why it is not there is said with that."""
    install(project, {"broken": "acme_rules:gone"})
    code, out = check(project, "--select", "ACME-N101")
    assert code == 2
    assert "--select names 'ACME-N101', which is no rule" in out
    assert "the entry point 'broken' of ninefold.conformance_rules cannot be imported" in out
    code, out = check(project, "ACME-N101", command="explain")
    assert code == 2
    assert "the entry point 'broken' of ninefold.conformance_rules cannot be imported" in out


@pytest.mark.parametrize("form", ["concise", "text", "json", "sarif", "junit", "github"])
def test_a_rule_that_fails(form: str, project: Path) -> None:
    """Where it failed first is told as unread; all that it could be asked of is, and the rest."""
    install(project, {"raises": "acme_rules:raises", "text": "acme_rules:text"})
    code, out = check(project, "--format", form)
    assert code == 2
    assert "the rule ACME-N102 failed here: ZeroDivisionError" in out
    assert "the rule ACME-N103 failed here: TypeError: it must yield" in out
    assert "seen 1" in out
    assert "NF-U202" in out
    if form == "json":
        found = json.loads(out)["findings"]
        assert [(each["path"], each["line"]) for each in found if each["code"] == "NF-X002"] == [
            ("<run>", 1),
            ("a.py", 3),
        ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"code": "N1"}, "a prefix, a letter and three digits, as 'ACME-N101', got 'N1'"),
        ({"code": "acme-N101"}, "a prefix, a letter and three digits"),
        ({"severity": "X"}, "severity of ACME-N101 must be one of 'E', 'W', 'I', got 'X'"),
        ({"about": "metric"}, "about of ACME-N101 must be one of 'declaration', 'use', 'run'"),
    ],
)
def test_a_rule_is_checked_when_it_is_made(arguments: dict[str, str], says: str) -> None:
    """What cannot be meant is refused where it is written."""
    given = {"code": "ACME-N101", "slug": "a", "severity": "W", "source": "us"} | arguments
    with pytest.raises(ConfigurationError, match=re.escape(says)):
        rule(given.pop("code"), given.pop("slug"), given.pop("severity"), **given)  # type: ignore[arg-type]  # wrong on purpose


def test_only_rules_are_rules(project: Path) -> None:
    """A function that was never made a rule is refused; what is not read is told by any."""
    with pytest.raises(ConfigurationError, match="must be functions decorated with"):
        check_paths([str(project)], Options(), Configuration(), rules=[lambda each, context: []])
    report = check_paths([str(project / "none.py")], Options(), Configuration(), rules=[])
    assert [each.code for each in report.findings] == ["NF-X002"]
