"""Reads YAML into plain values, and keeps on which line each of them stands.

Scalars are those of YAML 1.2's core schema, which JSON's are a part of: `on` is text, `12:30` no
number, `010` ten, `2024-01-01` text. PyYAML alone would read YAML 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from ninefold.core import shown
from ninefold.errors import ConfigurationError
from ninefold.slo.openslo._model import step

__all__ = ["Parsed", "parse"]

_TAG: Final = "tag:yaml.org,2002:"
_MOST_LEVELS: Final = 50
_MOST_VALUES: Final = 50_000
"""Per document, with its aliases followed: a few lines of YAML can stand for billions of values."""


_SCALARS: Final = {
    "null": re.compile(r"~|null|Null|NULL|"),
    "bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
    "int": re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
    "float": re.compile(
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
        r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
    ),
}
_LONGEST_NUMBER: Final = 400


class _Loader(yaml.SafeLoader):
    """Tags plain scalars as YAML 1.2 does."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        if kind is not yaml.ScalarNode or not implicit[0]:
            # The stubs leave this method without types.
            return str(super().resolve(kind, value, implicit))  # type: ignore[no-untyped-call]
        for name, pattern in _SCALARS.items():
            if pattern.fullmatch(value):
                return f"{_TAG}{name}"
        return f"{_TAG}str"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """One document of a file: `index` counts from 1, `lines` from the path of each value."""

    index: int
    line: int
    content: object
    lines: Mapping[str, int]


def parse(content: bytes, file: str) -> Iterator[Parsed]:
    """The documents of a file that are not empty.

    Raises `ConfigurationError` for what is no YAML, or no tree of text, numbers, lists and
    mappings.
    """
    try:
        nodes = list(yaml.compose_all(content, Loader=_Loader))
    except yaml.YAMLError as error:
        raise ConfigurationError(_not_yaml(file, error)) from error
    except RecursionError as error:
        raise ConfigurationError(
            f"{file} is nested too deeply to be read; OpenSLO needs some ten levels"
        ) from error
    except ValueError as error:
        # An escape of a character that there is not.
        raise ConfigurationError(
            f"{file} is not valid YAML: {shown(str(error))}; write OpenSLO documents"
        ) from error
    for index, node in enumerate(nodes, start=1):
        walk = _Walk(file, index)
        content_of = walk.value(node, "", 0)
        if content_of is not None:
            yield Parsed(index=index, line=_line(node), content=content_of, lines=walk.lines)


def _not_yaml(file: str, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or " ".join(str(error).split())
    where = "" if mark is None else f", line {mark.line + 1}"
    return f"{file}{where}: not valid YAML: {problem}; indent with spaces, and quote odd text"


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


@dataclass(slots=True)
class _Walk:
    """The way through one document."""

    file: str
    index: int
    lines: dict[str, int] = field(default_factory=dict[str, int])
    count: int = 0

    def value(self, node: yaml.Node, at: str, level: int) -> object:
        self.count += 1
        self.lines[at] = _line(node)
        # An alias may lead back to what it stands in; then this is how it ends.
        if level > _MOST_LEVELS:
            raise self._error(node, "", f"must be at most {_MOST_LEVELS} levels deep; flatten it")
        if self.count > _MOST_VALUES:
            raise self._error(
                node, "", f"must hold at most {_MOST_VALUES} values, aliases followed; split it"
            )
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at, level)
        if isinstance(node, yaml.SequenceNode):
            return [
                self.value(each, f"{at}[{place}]", level + 1)
                for place, each in enumerate(node.value)
            ]
        return self._scalar(node, at)

    def _mapping(self, node: yaml.MappingNode, at: str, level: int) -> dict[str, object]:
        made: dict[str, object] = {}
        written: dict[str, int] = {}
        for key_node, value_node in node.value:
            if _is_merge(key_node):
                for key, value in self._merged(value_node, at, level).items():
                    made.setdefault(key, value)
        for key_node, value_node in node.value:
            if _is_merge(key_node):
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error(key_node, at, "must have text as keys, got a list or a mapping")
            key = self._text(key_node, at)
            if key in written:
                raise self._error(
                    key_node,
                    step(at, key),
                    f"is there already, on line {written[key]}; take one of them out",
                )
            written[key] = _line(key_node)
            made[key] = self.value(value_node, step(at, key), level + 1)
        return made

    def _merged(self, node: yaml.Node, at: str, level: int) -> dict[str, object]:
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[str, object] = {}
        for part in parts:
            value = self.value(part, at, level + 1)
            if not isinstance(value, dict):
                raise self._error(part, step(at, "<<"), "must be a mapping, or a list of them")
            for key, each in value.items():
                merged.setdefault(key, each)
        return merged

    def _scalar(self, node: yaml.Node, at: str) -> object:
        text = self._text(node, at)
        try:
            match node.tag.removeprefix(_TAG):
                case "str":
                    return text
                case "null":
                    return None
                case "bool":
                    return {"true": True, "false": False}[text.lower()]
                case "int" if len(text) <= _LONGEST_NUMBER:
                    return int(text, 0) if text.startswith(("0o", "0x")) else int(text)
                case "float":
                    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
                case _:
                    problem = (
                        f"has the tag {shown(node.tag)}, which says nothing here; leave it out"
                    )
        except (KeyError, ValueError):
            problem = f"must be what its tag says, got {shown(text)}; leave the tag out"
        raise self._error(node, at, problem)

    def _text(self, node: yaml.Node, at: str) -> str:
        text = str(node.value)
        try:
            text.encode()
        except UnicodeEncodeError:
            raise self._error(
                node, at, f"must be Unicode text, got {shown(text)}; write the character itself"
            ) from None
        return text

    def _error(self, node: yaml.Node, at: str, problem: str) -> ConfigurationError:
        place = f"{self.file}, document {self.index}, line {_line(node)}"
        return ConfigurationError(f"{place}: {at or 'the document'} {problem}")


def _is_merge(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value == "<<" and node.style is None
