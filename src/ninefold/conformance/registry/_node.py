"""A value of a YAML document, and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from ninefold.conformance._facts import Position

Map: TypeAlias = dict[str, "Node"]


@dataclass(slots=True)
class Node:
    """A value of a document, and where it is."""

    value: Any  # str, int, float, bool, None, list[Node] or Map
    position: Position

    def text(self, key: str) -> str:
        """The text under `key` of a mapping; empty where there is none."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return found.value if found is not None and isinstance(found.value, str) else ""

    def items(self, key: str) -> list[Node]:
        """The mappings of the list under `key`."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        values = found.value if found is not None and isinstance(found.value, list) else []
        return [each for each in values if isinstance(each.value, dict)]

    def get(self, key: str) -> Node | None:
        """What stands under `key` of a mapping."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    @property
    def shown(self) -> str:
        """The value for a message."""
        if isinstance(self.value, dict):
            return "a mapping"
        return "a list" if isinstance(self.value, list) else repr(self.value)
