"""The registry as its YAML files declare it, read strictly: an unknown key is an error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

MANIFEST = "manifest.yaml"

# The part of Weaver's syntax that the registry uses; more is added when it is needed.
_GROUP_KEYS = {
    "attribute_group": {"id", "type", "brief", "note", "attributes"},
    "metric": {
        "id",
        "type",
        "brief",
        "note",
        "attributes",
        "stability",
        "annotations",
        "metric_name",
        "instrument",
        "unit",
    },
    "span": {"id", "type", "brief", "note", "attributes", "stability", "span_kind"},
}
_GROUP_REQUIRED = {
    "attribute_group": {"id", "brief", "attributes"},
    "metric": {"id", "brief", "stability", "metric_name", "instrument", "unit"},
    "span": {"id", "brief", "stability", "span_kind", "attributes"},
}
_DEFINITION_KEYS = {"id", "type", "stability", "brief", "note", "examples", "annotations"}
_REFERENCE_KEYS = {"ref", "brief", "note", "requirement_level", "annotations"}
_MEMBER_KEYS = {"id", "value", "stability", "brief"}
_OUR_METRIC_KEYS = {"boundaries", "omits", "observable", "workers"}
_OUR_ATTRIBUTE_KEYS = {"closed", "type", "values", "open"}


class RegistryError(Exception):
    """The registry is wrong; the message lists what, each with its file."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Definition:
    """An attribute that ninefold defines itself."""

    key: str
    type: str
    brief: str
    stability: str
    members: tuple[tuple[str | int, str], ...] | None
    closed: bool
    file: str


@dataclass(frozen=True, kw_only=True)
class Reference:
    """One attribute on one group: a reference to a definition here or in the conventions."""

    key: str
    brief: str | None
    level: str
    condition: str | None
    closed: bool
    type_name: str | None
    values: tuple[str, ...] | None
    open: str | None


@dataclass(frozen=True, kw_only=True)
class Group:
    """One group of a file: a metric, a span or a set of attributes."""

    id: str
    type: str
    brief: str
    note: str
    file: str
    stability: str
    references: tuple[Reference, ...]
    name: str = ""
    instrument: str = ""
    unit: str = ""
    value_type: str = ""
    boundaries: tuple[float, ...] = ()
    omits: dict[str, str] = field(default_factory=dict)
    observable: bool = False
    workers: str = ""


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Everything that the files declare, in their order."""

    manifest: dict[str, Any]
    groups: tuple[Group, ...]
    definitions: dict[str, Definition]

    @property
    def metrics(self) -> tuple[Group, ...]:
        """The metrics, in the order of their names."""
        found = (group for group in self.groups if group.type == "metric")
        return tuple(sorted(found, key=lambda group: group.name))


def read(folder: Path) -> Registry:
    """Read every file of `folder`; raises RegistryError with all problems of form at once."""
    problems: list[str] = []
    groups: list[Group] = []
    definitions: dict[str, Definition] = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.name == MANIFEST:
            continue
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict) or set(document) != {"groups"}:
            problems.append(f"{path.name}: must hold one key, groups")
            continue
        for raw in document["groups"]:
            groups.append(_group(raw, path.name, definitions, problems))
    if problems:
        raise RegistryError(problems)
    manifest = yaml.safe_load((folder / MANIFEST).read_text(encoding="utf-8"))
    return Registry(manifest=manifest, groups=tuple(groups), definitions=definitions)


def _group(
    raw: dict[str, Any], file: str, definitions: dict[str, Definition], problems: list[str]
) -> Group:
    where = f"{file}: {raw.get('id', '(a group without id)')}"
    kind = raw.get("type", "")
    if kind not in _GROUP_KEYS:
        problems.append(f"{where}: type must be one of {', '.join(_GROUP_KEYS)}, got {kind!r}")
    else:
        problems.extend(_shape(where, raw, _GROUP_KEYS[kind], _GROUP_REQUIRED[kind]))
    references: list[Reference] = []
    for attribute in raw.get("attributes", []):
        if "ref" in attribute:
            references.append(_reference(attribute, where, problems))
            continue
        definition = _definition(attribute, where, file, problems)
        if definition.key in definitions:
            other = definitions[definition.key].file
            problems.append(f"{where}: {definition.key} is already defined in {other}")
        definitions[definition.key] = definition
    annotations = raw.get("annotations", {})
    ours = annotations.get("ninefold", {})
    problems.extend(_shape(f"{where}: annotations.ninefold", ours, _OUR_METRIC_KEYS, set()))
    return Group(
        id=raw.get("id", ""),
        type=kind,
        brief=raw.get("brief", ""),
        note=raw.get("note", ""),
        file=file,
        stability=raw.get("stability", ""),
        references=tuple(references),
        name=raw.get("metric_name", ""),
        instrument=raw.get("instrument", ""),
        unit=raw.get("unit", ""),
        value_type=annotations.get("code_generation", {}).get("metric_value_type", ""),
        boundaries=tuple(float(bound) for bound in ours.get("boundaries", ())),
        omits=ours.get("omits", {}),
        observable=ours.get("observable", False),
        workers=ours.get("workers", ""),
    )


def _definition(raw: dict[str, Any], where: str, file: str, problems: list[str]) -> Definition:
    key = raw.get("id", "")
    at = f"{where}: {key or '(an attribute without id or ref)'}"
    problems.extend(_shape(at, raw, _DEFINITION_KEYS, {"id", "type", "stability", "brief"}))
    declared = raw.get("type", "")
    members = None
    if isinstance(declared, dict):
        problems.extend(_shape(f"{at}: type", declared, {"members"}, {"members"}))
        for member in declared.get("members", []):
            problems.extend(_shape(f"{at}: member", member, _MEMBER_KEYS, _MEMBER_KEYS))
        members = tuple((member["value"], member["brief"]) for member in declared["members"])
    elif declared == "string" and not raw.get("examples"):
        problems.append(f"{at}: a string attribute needs examples")
    ours = raw.get("annotations", {}).get("ninefold", {})
    problems.extend(_shape(f"{at}: annotations.ninefold", ours, {"closed"}, set()))
    return Definition(
        key=key,
        type="enum" if members is not None else str(declared),
        brief=raw.get("brief", ""),
        stability=raw.get("stability", ""),
        members=members,
        closed=ours.get("closed", False),
        file=file,
    )


def _reference(raw: dict[str, Any], where: str, problems: list[str]) -> Reference:
    at = f"{where}: {raw['ref']}"
    problems.extend(_shape(at, raw, _REFERENCE_KEYS, {"ref"}))
    ours = raw.get("annotations", {}).get("ninefold", {})
    problems.extend(_shape(f"{at}: annotations.ninefold", ours, _OUR_ATTRIBUTE_KEYS, set()))
    if ("values" in ours) != ("type" in ours):
        problems.append(f"{at}: annotations.ninefold names values and their type together")
    declared = raw.get("requirement_level", "recommended")
    level, condition = declared, None
    if isinstance(declared, dict):
        ((level, condition),) = declared.items()
    values = ours.get("values")
    return Reference(
        key=raw["ref"],
        brief=raw.get("brief"),
        level=level,
        condition=condition,
        closed=ours.get("closed", False),
        type_name=ours.get("type"),
        values=None if values is None else tuple(values),
        open=ours.get("open"),
    )


def _shape(where: str, raw: dict[str, Any], known: set[str], required: set[str]) -> Iterator[str]:
    for key in sorted(set(raw) - known):
        yield f"{where}: unknown key {key!r}, known are {', '.join(sorted(known))}"
    for key in sorted(required - set(raw)):
        yield f"{where}: {key} is missing"
