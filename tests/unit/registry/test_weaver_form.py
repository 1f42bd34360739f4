"""The registry's YAML is in the form that OpenTelemetry Weaver reads (semconv-syntax, its v1)."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from ninefold.registry._facts import load_facts

FOLDER = Path(__file__).resolve().parents[3] / "conformance/registry"
FILES = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "manifest.yaml")
STABILITIES = {"stable", "release_candidate", "beta", "alpha", "development"}
TYPES = {"string", "int", "double", "boolean", "string[]", "int[]", "double[]", "boolean[]"}
LEVELS = {"required", "conditionally_required", "recommended", "opt_in"}


def groups() -> list[dict[str, Any]]:
    """The groups of all files."""
    return [group for path in FILES for group in yaml.safe_load(path.read_text("utf-8"))["groups"]]


def attributes(which: str) -> list[dict[str, Any]]:
    """All attributes of all groups that are declared by `which`, id or ref."""
    return [a for group in groups() for a in group.get("attributes", []) if which in a]


def test_the_manifest_names_the_conventions_of_the_facts() -> None:
    """Weaver resolves against the same version that the catalogue was checked against."""
    manifest = yaml.safe_load((FOLDER / "manifest.yaml").read_text("utf-8"))
    [dependency] = manifest["dependencies"]
    tag = load_facts().tag
    # Weaver: http[s]://server/path/version
    assert re.fullmatch(r"https://[^/]+/\w+/\d+\.\d+\.\d+", manifest["schema_url"])
    assert dependency["schema_url"] == f"https://opentelemetry.io/schemas/{tag.removeprefix('v')}"
    assert dependency["registry_path"].endswith(f"@{tag}[model]")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_holds_groups_and_nothing_else(path: Path) -> None:
    """Weaver refuses a file with another key at its top."""
    assert list(yaml.safe_load(path.read_text("utf-8"))) == ["groups"]


def test_ids_are_unique() -> None:
    """No group, metric or attribute is declared twice."""
    for names in (
        [group["id"] for group in groups()],
        [group["metric_name"] for group in groups() if group["type"] == "metric"],
        [attribute["id"] for attribute in attributes("id")],
    ):
        assert [name for name, count in Counter(names).items() if count > 1] == []


def test_references_resolve() -> None:
    """Each ref is an attribute of this registry or of the one it depends on."""
    known = {attribute["id"] for attribute in attributes("id")} | set(load_facts().attributes)
    assert [a["ref"] for a in attributes("ref") if a["ref"] not in known] == []


def test_references_redefine_nothing() -> None:
    """Beside ref, Weaver allows neither id nor type nor stability."""
    assert [a for a in attributes("ref") if a.keys() & {"id", "type", "stability"}] == []


def test_levels_are_weavers() -> None:
    """A requirement level is one of four words, or one of two with its condition."""
    for attribute in attributes("ref"):
        level = attribute.get("requirement_level", "recommended")
        if isinstance(level, dict):
            [(level, condition)] = level.items()
            assert level in {"conditionally_required", "recommended"}
            assert isinstance(condition, str)
        else:
            assert level in LEVELS - {"conditionally_required"}


def test_definitions_are_complete() -> None:
    """An attribute has type, stability and brief; a string has examples, an enum its members."""
    for attribute in attributes("id"):
        assert attribute["stability"] in STABILITIES
        assert attribute["brief"]
        if isinstance(attribute["type"], dict):
            members = attribute["type"]["members"]
            assert len({member["id"] for member in members}) == len(members)
            assert len({member["value"] for member in members}) == len(members)
            # Weaver: an attribute that is not stable has no stable member.
            assert {member["stability"] for member in members} == {attribute["stability"]}
        else:
            assert attribute["type"] in TYPES
            assert attribute["type"] != "string" or attribute["examples"]


def test_metrics_are_complete() -> None:
    """A metric has name, instrument, unit, stability and brief, as text."""
    for group in groups():
        if group["type"] != "metric":
            continue
        assert group["instrument"] in {"counter", "updowncounter", "gauge", "histogram"}
        assert group["stability"] in STABILITIES
        for key in ("metric_name", "unit", "brief"):
            assert isinstance(group[key], str), f"{group['id']}: {key}"
            assert group[key]
