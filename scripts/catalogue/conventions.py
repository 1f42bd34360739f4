"""Compiles facts from the conventions' own model: both of Weaver's formats, and the schema file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

# What deprecations say in their notes, where the structured fields do not.
_SUCCESSOR = re.compile(r"Replaced by `([a-z0-9_.]+)`|use `([a-z0-9_.]+)` instead")
_NEW_UNIT = re.compile(r"with unit `([^`]+)`")
_MOVED = re.compile(r"moved to the \[[^]]*repository\]", re.IGNORECASE)

Sections = dict[str, dict[str, Any]]


def compile_facts(checkout: Path, version: str) -> Sections:
    """Metrics, attributes and renames of the `version`, as `facts.write` takes them."""
    model = _Model(checkout / "model")
    metrics, attributes = dict(model.metrics()), dict(model.attributes())
    metric_renames, attribute_renames = _renames(checkout / "schemas" / version)
    return {
        "metrics": metrics,
        "attributes": attributes,
        "renamed_metrics": _followed(metric_renames, metrics),
        "renamed_attributes": _followed(attribute_renames, attributes),
    }


class _Model:
    """All files of the model, with groups to resolve references in."""

    def __init__(self, folder: Path) -> None:
        self._groups: dict[str, dict[str, Any]] = {}
        self._metrics: list[dict[str, Any]] = []
        self._definitions: list[dict[str, Any]] = []
        for path in sorted(folder.rglob("*.yaml")):
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
            self._first_format(document.get("groups") or [])
            if document.get("file_format"):
                self._second_format(document)

    def _first_format(self, groups: list[dict[str, Any]]) -> None:
        for group in groups:
            self._groups[group["id"]] = group
            self._definitions += (a for a in group.get("attributes") or [] if "id" in a)
            if group["type"] == "metric":
                self._metrics.append({**group, "name": group["metric_name"]})

    def _second_format(self, document: dict[str, Any]) -> None:
        for group in document.get("attribute_groups", []):
            self._groups[group["id"]] = group
        self._definitions += ({**a, "id": a["key"]} for a in document.get("attributes", []))
        self._metrics += document.get("metrics", [])

    def metrics(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for metric in self._metrics:
            fact = {key: metric[key] for key in ("instrument", "unit", "stability")}
            if "deprecated" in metric:
                fact["deprecated"] = _deprecation(metric["deprecated"])
            levels = self._levels(metric)
            if levels:
                fact["attributes"] = levels
            yield metric["name"], fact

    def attributes(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for attribute in self._definitions:
            kind = attribute["type"]
            if isinstance(kind, dict):
                kind = [member["value"] for member in kind["members"]]
            fact = {"type": kind, "stability": attribute["stability"]}
            if "deprecated" in attribute:
                fact["deprecated"] = _deprecation(attribute["deprecated"])
            yield attribute["id"], fact

    def _levels(self, group: dict[str, Any]) -> dict[str, str]:
        """Each attribute's level; nearer declarations win, and one that says none keeps what is."""
        levels = self._levels(self._groups[group["extends"]]) if "extends" in group else {}
        attributes = group.get("attributes") or []
        for attribute in attributes:
            if "ref_group" in attribute:
                levels |= self._levels(self._groups[attribute["ref_group"]])
        for attribute in attributes:
            if "ref_group" in attribute:
                continue
            key = attribute.get("ref") or attribute["id"]
            declared = attribute.get("requirement_level")
            if isinstance(declared, dict):
                (declared,) = declared
            levels[key] = declared or levels.get(key, "recommended")
        return levels


def _deprecation(declared: dict[str, Any]) -> dict[str, str]:
    note = declared.get("note", "")
    fact = {"reason": "moved" if _MOVED.search(note) else declared["reason"]}
    if declared["reason"] == "renamed":
        fact["renamed_to"] = declared["renamed_to"]
    elif found := _SUCCESSOR.search(note):
        fact["successor"] = found[1] or found[2]
        if unit := _NEW_UNIT.search(note):
            fact["new_unit"] = unit[1]
    return fact


def _renames(schema: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Each old name with its next, by the schema file: metrics', then attributes'."""
    versions = yaml.safe_load(schema.read_text(encoding="utf-8"))["versions"]
    metrics: dict[str, str] = {}
    attributes: dict[str, str] = {}
    # Newest first, and the first word on a name stays: some names were renamed more than once,
    # and some apply_to_metrics give one name several successors.
    for version in versions.values():
        for section in (version or {}).values():
            for change in section["changes"]:
                metrics = change.get("rename_metrics", {}) | metrics
                mapped = change.get("rename_attributes", {}).get("attribute_map", {})
                attributes = mapped | attributes
    return metrics, attributes


def _followed(renames: dict[str, str], facts: dict[str, Any]) -> dict[str, str]:
    """Each old name with its last. A live name ends a chain and starts none: chains loop."""
    live = {name for name, fact in facts.items() if "deprecated" not in fact}
    last: dict[str, str] = {}
    for old in renames.keys() - live:
        new = renames[old]
        seen = {old}
        while new in renames and new not in live and new not in seen:
            seen.add(new)
            new = renames[new]
        last[old] = new
    return last
