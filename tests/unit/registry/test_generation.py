"""The catalogue is what its declarations give, and a wrong declaration is named, not generated."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]
Project = Callable[[str, str, str], Path]


@pytest.fixture(name="script")
def _script() -> ModuleType:
    """The script that generates the catalogue."""
    return importlib.import_module("generate_catalogue")


@pytest.fixture(name="project")
def _project(tmp_path: Path) -> Project:
    """Copies the registry and its facts, with one text of one file replaced by another."""

    def copy(file: str, old: str, new: str) -> Path:
        shutil.copytree(ROOT / "conformance/registry", tmp_path / "conformance/registry")
        shutil.copytree(ROOT / "src/ninefold/registry", tmp_path / "src/ninefold/registry")
        target = tmp_path / "conformance/registry" / file
        text = target.read_text(encoding="utf-8")
        assert old in text
        target.write_text(text.replace(old, new, 1), encoding="utf-8")
        return tmp_path

    return copy


def test_the_generated_files_are_up_to_date(script: ModuleType) -> None:
    """What is committed is what the registry gives today."""
    assert script.main(["--check"]) == 0


def test_generation_is_idempotent(script: ModuleType, project: Project) -> None:
    """The same registry gives the same text, and generated files change nothing of it."""
    root = project("sli.yaml", "Name of the objective.", "Name of an objective.")
    first = script.generate(root)
    assert script.main(["--root", str(root), "--docs"]) == 0
    assert script.generate(root) == first
    assert script.main(["--root", str(root), "--check"]) == 0


def test_check_shows_what_is_stale_and_writes_nothing(
    script: ModuleType, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """A changed declaration fails the check with a diff of the file it changes."""
    root = project("sli.yaml", "Name of the objective.", "Name of an objective.")
    stale = (root / "src/ninefold/registry/_catalogue.py").read_text(encoding="utf-8")
    assert script.main(["--root", str(root), "--check"]) == 1
    shown = capsys.readouterr()
    assert '+            brief="Name of an objective.",' in shown.out
    assert "run python scripts/generate_catalogue.py" in shown.err
    assert (root / "src/ninefold/registry/_catalogue.py").read_text(encoding="utf-8") == stale


def test_check_sees_an_edited_page(
    script: ModuleType, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reference page that exists must say what the registry says."""
    root = project("sli.yaml", "Name of the objective.", "Name of the objective.")
    script.main(["--root", str(root), "--docs"])
    page = root / "docs/reference/metrics.md"
    page.write_text(page.read_text(encoding="utf-8") + "edited\n", encoding="utf-8")
    assert script.main(["--root", str(root), "--check"]) == 1
    assert "-edited" in capsys.readouterr().out


ACTIVE = "metric_name: http.server.active_requests"
WRONG = {
    "unit": (
        ("http.yaml", 'unit: "{request}"', "unit: s"),
        "http.yaml: http.server.active_requests: unit is 's', the conventions say '{request}'",
    ),
    "instrument": (
        ("process.yaml", "instrument: counter", "instrument: gauge"),
        "process.yaml: process.cpu.time: instrument is 'gauge', the conventions say 'counter'",
    ),
    "stability": (
        ("clients.yaml", "unit: s\n    stability: stable", "unit: s\n    stability: development"),
        (
            "clients.yaml: db.client.operation.duration: stability is 'development', the"
            " conventions say 'stable'"
        ),
    ),
    "deprecated name": (
        ("clients.yaml", "name: messaging.process.dur", "name: messaging.publish.dur"),
        (
            "clients.yaml: messaging.publish.duration: deprecated in the conventions: "
            "{'reason': 'renamed', 'renamed_to': 'messaging.client.operation.duration'}"
        ),
    ),
    "unknown name": (
        ("http.yaml", ACTIVE, "metric_name: http.server.running"),
        (
            "http.yaml: http.server.running: not in the conventions v1.44.0; our own names"
            " begin with ninefold."
        ),
    ),
    "name twice": (
        ("sli.yaml", "metric_name: ninefold.events", "metric_name: ninefold.sli.events"),
        "metric_name ninefold.sli.events is declared 2 times; one must go",
    ),
    "id": (
        ("sli.yaml", "id: metric.ninefold.events", "id: metric.events"),
        "sli.yaml: ninefold.events: its id must be metric.ninefold.events, got metric.events",
    ),
    "unknown attribute": (
        ("sli.yaml", "- ref: ninefold.slo.name", "- ref: ninefold.objective.name"),
        (
            "sli.yaml: metric.ninefold.sli.events: ninefold.objective.name: defined neither here"
            " nor in the conventions v1.44.0"
        ),
    ),
    "deprecated attribute": (
        ("http.yaml", "- ref: user_agent.original", "- ref: http.user_agent"),
        (
            "http.yaml: attributes.ninefold.http: http.user_agent: deprecated in the conventions: "
            "{'reason': 'renamed', 'renamed_to': 'user_agent.original'}"
        ),
    ),
    "attribute of another metric": (
        ("process.yaml", "- ref: cpu.mode\n        req", "- ref: error.type\n        req"),
        (
            "process.yaml: process.cpu.time: error.type is no attribute of this metric in the"
            " conventions"
        ),
    ),
    "listed twice": (
        ("http.yaml", "- ref: url.path\n        req", "- ref: url.scheme\n        req"),
        "http.yaml: span.ninefold.http.server: url.scheme is listed 2 times",
    ),
    "defined again": (
        ("service.yaml", "- id: ninefold.service.owner", "- id: service.name"),
        "service.yaml: service.name is the conventions'; refer to it with ref",
    ),
    "level": (
        ("process.yaml", "requirement_level: required", "requirement_level: recommended"),
        "process.yaml: process.cpu.time: cpu.mode is recommended, the conventions say required",
    ),
    "left out in silence": (
        ("http.yaml", "network.protocol.name: it is always http", "{}"),
        (
            "http.yaml: http.server.request.duration: network.protocol.name"
            " (conditionally_required) is left out; say why in annotations.ninefold.omits"
        ),
    ),
    "boundaries": (
        ("health.yaml", "[0.001, 0.005,", "[0.005, 0.001,"),
        (
            "health.yaml: ninefold.health.check.duration: boundaries must ascend, got 0.001 after"
            " 0.005"
        ),
    ),
    "no member": (
        ("sli.yaml", "values: [good, bad]", "values: [good, poor]"),
        "sli.yaml: ninefold.sli.events: ninefold.outcome: 'poor' is no member, known are ('good',",
    ),
    "one type, two meanings": (
        (
            "sli.yaml",
            "{type: EventOutcome, values: [good, bad]}",
            "{type: EventOutcome, values: [good]}",
        ),
        "EventOutcome is ('good',) here and ('good', 'bad') elsewhere; one name, one set of values",
    ),
    "unknown key": (
        ("sli.yaml", "instrument: counter", "instrumnt: counter"),
        "sli.yaml: metric.ninefold.sli.events: unknown key 'instrumnt', known are annotations,",
    ),
    "missing key": (
        ("sli.yaml", '    unit: "{event}"\n', ""),
        "sli.yaml: metric.ninefold.sli.events: unit is missing",
    ),
    "long brief": (
        ("sli.yaml", "Items that were processed.", "Items that were processed" + " again" * 12),
        "sli.yaml: metric.ninefold.throughput.processed: brief has 97 characters, at most 79",
    ),
    "no values type": (
        ("sli.yaml", "metric_value_type: int", "metric_value_type: float"),
        (
            "sli.yaml: ninefold.sli.events: annotations.code_generation.metric_value_type must be"
            " one of ('int', 'double'), got 'float'"
        ),
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_declaration_is_named(
    wrong: str, script: ModuleType, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message says file, metric, what is wrong and what would be right; nothing is written."""
    change, message = WRONG[wrong]
    root = project(*change)
    before = (root / "src/ninefold/registry/_catalogue.py").read_text(encoding="utf-8")
    assert script.main(["--root", str(root)]) == 1
    assert message in capsys.readouterr().err
    assert (root / "src/ninefold/registry/_catalogue.py").read_text(encoding="utf-8") == before
