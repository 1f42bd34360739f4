"""The conventions' facts: what is shipped, and how it is made from a checkout."""

from __future__ import annotations

import importlib
import json
import subprocess
from importlib import resources
from pathlib import Path
from types import ModuleType

import pytest

from ninefold.registry._facts import load_facts

# Both of Weaver's formats, an extended group, a level that is inherited and one that is overridden.
MODEL = {
    "http/common.yaml": """
groups:
  - id: attributes.http
    type: attribute_group
    brief: b
    attributes:
      - {id: http.method, type: {members: [{id: get, value: GET}, {id: put, value: PUT}]},
         stability: stable, brief: b}
      - {id: http.verb, type: string, stability: development, brief: b,
         deprecated: {reason: renamed, renamed_to: http.method, note: n}}
      - {id: http.sent, type: int, stability: development, brief: b,
         deprecated: {reason: uncategorized, note: "Moved to the [Other repository](u)."}}
  - id: attributes.http.base
    type: attribute_group
    brief: b
    attributes:
      - {ref: http.method, requirement_level: {conditionally_required: c}}
      - {ref: server.address}
""",
    "http/metrics.yaml": """
groups:
  - id: metric.http.duration
    type: metric
    metric_name: http.duration
    extends: attributes.http.base
    brief: b
    instrument: histogram
    unit: s
    stability: stable
    attributes:
      - {ref: server.address, requirement_level: opt_in}
  - id: metric.http.time
    type: metric
    metric_name: http.time
    brief: b
    instrument: histogram
    unit: ms
    stability: development
    deprecated: {reason: uncategorized, note: "Replaced by `http.duration` with unit `s`."}
""",
    "server/registry.yaml": """
file_format: definition/2
attributes:
  - {key: server.address, type: string, stability: stable, brief: b}
attribute_groups:
  - id: server.all
    visibility: internal
    attributes:
      - {ref: server.address, requirement_level: required}
metrics:
  - name: server.count
    instrument: gauge
    unit: "{server}"
    stability: development
    brief: b
    attributes:
      - ref_group: server.all
      - {ref: http.method, requirement_level: {recommended: r}}
""",
}
SCHEMA = """
file_format: 1.1.0
versions:
  9.1.0:
    metrics:
      changes:
        - rename_metrics: {http.lag: http.time, http.duration: http.lag}
  9.0.0:
    all:
      changes:
        - rename_attributes: {attribute_map: {verb: http.verb, http.verb: http.method}}
    metrics:
      changes:
        - rename_metrics: {lag: http.lag, http.time: http.duration}
"""


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path) -> Path:
    """A small checkout in the form of the conventions' own, as a git repository with a tag."""
    checkout = tmp_path / "conventions"
    for name, text in {
        **{f"model/{k}": v for k, v in MODEL.items()},
        "schemas/9.1.0": SCHEMA,
    }.items():
        path = checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git = ["git", "-C", str(checkout), "-c", "user.name=t", "-c", "user.email=t@localhost"]
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "commit.gpgsign=false", "commit", "-qm", "all"],
        ["tag", "v9.1.0"],
    ):
        subprocess.run([*git, *command], check=True)
    return checkout


@pytest.fixture(name="script")
def _script() -> ModuleType:
    """The script that makes the facts."""
    return importlib.import_module("compile_semconv_facts")


def test_facts_are_compiled_from_a_checkout(
    script: ModuleType, checkout: Path, tmp_path: Path
) -> None:
    """References, both formats, deprecations and rename chains are resolved; prose stays out."""
    output = tmp_path / "facts.json"
    assert script.main([str(checkout), "--output", str(output)]) == 0
    made = json.loads(output.read_text(encoding="utf-8"))
    assert made["tag"] == "v9.1.0"
    assert made["licence"] == "Apache-2.0"
    assert made["metrics"] == {
        "http.duration": {
            "instrument": "histogram",
            "unit": "s",
            "stability": "stable",
            "attributes": {"http.method": "conditionally_required", "server.address": "opt_in"},
        },
        "http.time": {
            "instrument": "histogram",
            "unit": "ms",
            "stability": "development",
            "deprecated": {
                "reason": "uncategorized",
                "successor": "http.duration",
                "new_unit": "s",
            },
        },
        "server.count": {
            "instrument": "gauge",
            "unit": "{server}",
            "stability": "development",
            "attributes": {"http.method": "recommended", "server.address": "required"},
        },
    }
    assert made["attributes"] == {
        "http.method": {"type": ["GET", "PUT"], "stability": "stable"},
        "http.sent": {
            "type": "int",
            "stability": "development",
            "deprecated": {"reason": "moved"},
        },
        "http.verb": {
            "type": "string",
            "stability": "development",
            "deprecated": {"reason": "renamed", "renamed_to": "http.method"},
        },
        "server.address": {"type": "string", "stability": "stable"},
    }
    # http.duration lives: the chain ends at it, however the schema loops.
    assert made["renamed_metrics"] == {
        "http.lag": "http.duration",
        "http.time": "http.duration",
        "lag": "http.duration",
    }
    assert made["renamed_attributes"] == {"http.verb": "http.method", "verb": "http.method"}


def test_compiling_is_checked_against_a_copy(
    script: ModuleType, checkout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The copy that was just made passes; a changed one does not."""
    output = tmp_path / "facts.json"
    arguments = [str(checkout), "--output", str(output)]
    script.main(arguments)
    assert script.main([*arguments, "--check"]) == 0
    output.write_text(output.read_text(encoding="utf-8").replace('"ms"', '"us"'), encoding="utf-8")
    assert script.main([*arguments, "--check"]) == 1
    assert "is not what" in capsys.readouterr().err


def test_a_folder_that_is_no_checkout_is_refused(
    script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message says what is missing and what to give."""
    with pytest.raises(SystemExit) as stopped:
        script.main([str(tmp_path)])
    assert stopped.value.code == 2
    assert "has no folder model; give a checkout" in capsys.readouterr().err


def test_the_shipped_facts_are_in_the_form_that_the_script_writes() -> None:
    """Compiling the same facts again would change no byte of the project's copy."""
    write = importlib.import_module("catalogue.facts").write
    text = (
        resources.files("ninefold.registry").joinpath("data/semconv-facts.json").read_text("utf-8")
    )
    raw = json.loads(text)
    assert write(raw["tag"], raw["commit"], raw) == text


def test_the_shipped_facts_say_where_they_are_from() -> None:
    """Source, version, commit and licence are with the facts, and the catalogue is made of them."""
    facts = load_facts()
    assert facts.source == "https://github.com/open-telemetry/semantic-conventions"
    assert facts.licence == "Apache-2.0"
    assert facts.tag == "v1.44.0"
    assert len(facts.commit) == 40
    assert (len(facts.metrics), len(facts.attributes)) == (541, 940)
    assert load_facts() is facts


def test_the_shipped_facts_know_renamed_and_revived_names() -> None:
    """An old name leads to its last one, and a name that lives again leads nowhere."""
    facts = load_facts()
    assert facts.renamed_metrics["http.server.duration"] == "http.server.request.duration"
    assert "system.cpu.time" not in facts.renamed_metrics
    assert facts.metrics["rpc.server.duration"]["deprecated"]["new_unit"] == "s"
