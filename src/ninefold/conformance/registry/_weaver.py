"""Registry files of OpenTelemetry Weaver, in both of its formats, read tolerantly.

What is wrong is told with its position, and the rest is read. Sources: open-telemetry/weaver,
schemas/semconv-syntax.md and schemas/semconv.definition-syntax.v2.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from ninefold.conformance._facts import Position, Unread
from ninefold.conformance.registry._node import Node
from ninefold.conformance.source import bytes_of

_INSTRUMENTS = ("counter", "updowncounter", "gauge", "histogram")
_DEEPEST = 100
_TYPES = (
    *("attribute_group", "metric", "metric_group", "span", "event", "entity", "resource"),
    *("scope", "undefined"),
)
_LISTS = {"groups", "attributes", "attribute_groups", "metrics"}
_SECTIONS = {
    *("groups", "attributes", "attribute_groups", "metrics", "spans", "events", "entities"),
    *("imports", "file_format", "version"),
}


@dataclass(slots=True)
class Own:
    """What the files declare, in the form of `semconv-facts.json`."""

    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)


class _Unreadable(Exception):
    def __init__(self, position: Position, why: str) -> None:
        super().__init__(why)
        self.unread = Unread(position, why)


def read(files: Iterable[Path], known: Mapping[str, Any]) -> Own:
    """Read the `files`; they may refer to the attributes of `known` without declaring them."""
    own = Own()
    groups: dict[str, Node] = {}
    metrics: list[Node] = []
    for path in files:
        try:
            document = _document(path)
        except _Unreadable as error:
            own.unread.append(error.unread)
            continue
        if not _SECTIONS & document.value.keys():
            own.unread.append(
                Unread(document.position, "no registry: it has neither groups nor metrics")
            )
        own.unread += _misshapen(document)
        for group in document.items("groups"):
            groups[group.text("id")] = group
            own.unread += _of_no_type(group)
            _define(own, (each for each in group.items("attributes") if each.get("id")), "id")
            if group.text("type") in ("metric", "metric_group") and group.get("metric_name"):
                metrics.append(group)
        for group in document.items("attribute_groups"):
            groups[group.text("id")] = group
        _define(own, document.items("attributes"), "key")
        metrics += document.items("metrics")
    for metric in metrics:
        try:
            _metric(own, metric, groups, known)
        except _Unreadable as error:
            own.unread.append(error.unread)
    return own


def _misshapen(document: Node) -> Iterator[Unread]:
    """Where there is no list of mappings: what is there instead says nothing."""
    for name in _LISTS & document.value.keys():
        yield from _no_mappings(document, name)
        for each in document.items(name):
            yield from _no_mappings(each, "attributes")


def _of_no_type(group: Node) -> Iterator[Unread]:
    """Where a group is of a type that there is not, and so says nothing."""
    kind = group.get("type")
    if kind is None or kind.value in _TYPES:
        return
    from ninefold.core import nearest

    near = nearest(str(kind.value), _TYPES)
    hint = f"; did you mean {near}?" if near else f": {', '.join(_TYPES)}"
    yield Unread(kind.position, f"a group's type must be one of Weaver's, got {kind.shown}{hint}")


def _no_mappings(node: Node, key: str) -> Iterator[Unread]:
    found = node.get(key)
    if found is None or found.value is None:
        return
    if not isinstance(found.value, list):
        yield Unread(found.position, f"{key!r} must be a list of mappings, got {found.shown}")
        return
    for each in found.value:
        if not isinstance(each.value, dict):
            yield Unread(each.position, f"{key!r} must be a list of mappings, has {each.shown}")


def _define(own: Own, attributes: Iterable[Node], key: str) -> None:
    for attribute in attributes:
        name = attribute.text(key)
        kind = attribute.get("type")
        if not name or kind is None:
            missing = "type" if name else key
            own.unread.append(Unread(attribute.position, f"an attribute without its {missing}"))
            continue
        members = kind.items("members")
        if not members and not isinstance(kind.value, str):
            why = f"the type of {name!r} must be a word, or have members, got {kind.shown}"
            own.unread.append(Unread(kind.position, why))
            continue
        fact: dict[str, Any] = {
            "type": [found.value for each in members if (found := each.get("value")) is not None]
            if members
            else kind.value,
            "stability": attribute.text("stability") or "development",
        }
        if deprecated := _deprecation(attribute):
            fact["deprecated"] = deprecated
        own.attributes[name] = fact


def _metric(own: Own, metric: Node, groups: Mapping[str, Node], known: Mapping[str, Any]) -> None:
    name = metric.text("metric_name") or metric.text("name")
    instrument = metric.get("instrument")
    if not name:
        raise _Unreadable(metric.position, "a metric without its name")
    if instrument is None or instrument.shown.strip("'") not in _INSTRUMENTS:
        at, got = (metric, "none") if instrument is None else (instrument, instrument.shown)
        raise _Unreadable(
            at.position,
            f"the instrument of {name!r} must be one of {', '.join(_INSTRUMENTS)}, got {got}",
        )
    unit = metric.get("unit")
    if unit is not None and isinstance(unit.value, (dict, list)):
        raise _Unreadable(unit.position, f"the unit of {name!r} must be text, got {unit.shown}")
    fact: dict[str, Any] = {
        "instrument": instrument.value,
        # YAML reads `unit: 1` as a number.
        "unit": "" if unit is None or unit.value is None else str(unit.value),
        "stability": metric.text("stability") or "development",
    }
    if deprecated := _deprecation(metric):
        fact["deprecated"] = deprecated
    levels = dict(_levels(metric, groups, ()))
    for key, (_, position) in levels.items():
        if key not in own.attributes and key not in known:
            own.unread.append(
                Unread(position, f"{name!r} refers to {key!r}, which nothing declares")
            )
    if levels:
        fact["attributes"] = {key: level for key, (level, _) in levels.items()}
    own.metrics[name] = fact


def _levels(
    group: Node, groups: Mapping[str, Node], within: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, Position]]]:
    """Each attribute's level; nearer declarations win, and one that says none keeps what is."""
    levels: dict[str, tuple[str, Position]] = {}
    inherited = [group.get("extends")]
    inherited += (each.get("ref_group") for each in group.items("attributes"))
    for reference in inherited:
        if reference is None:
            continue
        name = str(reference.value)
        if name in within or len(within) == _DEEPEST:
            raise _Unreadable(reference.position, f"the group {name!r} stands on itself")
        if name not in groups:
            # The group may be one of the registry that this one depends on.
            continue
        levels |= dict(_levels(groups[name], groups, (*within, name)))
    for attribute in group.items("attributes"):
        key = attribute.text("ref") or attribute.text("id") or attribute.text("key")
        if not key:
            continue
        declared = attribute.get("requirement_level")
        level = declared.value if declared is not None else None
        if isinstance(level, dict):
            level = next(iter(level), None)
        before = levels.get(key, ("recommended", attribute.position))[0]
        levels[key] = (str(level or before), attribute.position)
    yield from levels.items()


def _deprecation(node: Node) -> dict[str, str] | None:
    deprecated = node.get("deprecated")
    if deprecated is None:
        return None
    if not isinstance(deprecated.value, dict):
        return {"reason": "obsoleted"}  # the oldest form: a note alone
    fact = {"reason": deprecated.text("reason") or "uncategorized"}
    if renamed := deprecated.text("renamed_to"):
        fact["renamed_to"] = renamed
    return fact


def _document(path: Path) -> Node:
    shown = str(path)
    start = Position(shown, 1, 1, 1, 1)
    try:
        text = bytes_of(shown).decode("utf-8")
        # LibYAML where it is there: the conventions' own model has three megabytes.
        root = yaml.compose(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except OSError as error:
        raise _Unreadable(start, f"cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        raise _Unreadable(Position(shown, line, column, line, column + 1), "is not UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = f"is not YAML: {error.problem or error.context}"
        if mark is None:
            raise _Unreadable(start, why) from None
        line, column = mark.line + 1, mark.column + 1
        raise _Unreadable(Position(shown, line, column, line, column + 1), why) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise _Unreadable(start, f"is not YAML: {str(error).splitlines()[0]}") from None
    if root is None:
        raise _Unreadable(start, "is empty")
    node = _Reader(shown).node(root, 0)
    if not isinstance(node.value, dict):
        raise _Unreadable(node.position, "must be a mapping with groups or metrics")
    return node


class _Reader:
    """Turns the nodes of one document into ours; an anchor's node becomes one, however often."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._done: dict[int, Node] = {}
        self._scalars = SafeConstructor()

    def node(self, node: yaml.Node, depth: int) -> Node:
        """What `node` is, its depth in the document being `depth`."""
        found = self._done.get(id(node))
        if found is None:
            found = self._done[id(node)] = self._made(node, depth)
        return found

    def _made(self, node: yaml.Node, depth: int) -> Node:
        begin, end = node.start_mark, node.end_mark
        position = Position(
            self._path, begin.line + 1, begin.column + 1, end.line + 1, end.column + 1
        )
        if depth == _DEEPEST:
            raise _Unreadable(position, f"more than {_DEEPEST} levels within one another")
        value: Any
        match node:
            case yaml.MappingNode():
                value = {
                    str(key.value): self.node(item, depth + 1)
                    for key, item in node.value
                    if isinstance(key, yaml.ScalarNode)
                }
            case yaml.SequenceNode():
                value = [self.node(item, depth + 1) for item in node.value]
            case _:
                try:
                    value = self._scalars.construct_object(node)
                except (yaml.YAMLError, ValueError):
                    value = str(node.value)
        return Node(value, position)
