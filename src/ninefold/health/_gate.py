"""Gate: whether the service has started. Pure, but that it stays open."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from ninefold.health._graph import counts
from ninefold.health._node import Node

__all__ = ["Gate", "Startup"]

Startup: TypeAlias = Literal["open", "require"]
"""Whether a service whose shared dependency is down at the start deadline serves all the same."""


class Gate:
    """The start-up gate: closed until every critical dependency was up once, or the deadline.

    At the deadline what is shared no longer holds it closed, unless `startup="require"`; what is
    local is then judged like at any other time. Once open it stays open.
    """

    __slots__ = ("_began", "_deadline", "_is_open", "_startup", "_up", "unproven")

    def __init__(self, began: float, deadline: float, startup: Startup) -> None:
        self._began = began
        self._deadline = deadline
        self._startup = startup
        self._is_open = False
        self._up: set[str] = set()
        self.unproven: frozenset[str] = frozenset()
        """Those that had never been up when the deadline opened it."""

    def is_open(self, now: float, nodes: Iterable[Node], indirect: frozenset[str]) -> bool:
        """Whether the service has started."""
        if self._is_open:
            return True
        waited: list[Node] = []
        for node in nodes:
            if not node.is_checked or not counts(node.place, indirect):
                continue
            if node.judged.state in ("up", "degraded"):
                self._up.add(node.place.name)
            elif node.place.name not in self._up:
                waited.append(node)
        if not waited:
            self._is_open = True
        elif now - self._began >= self._deadline:
            required = [node for node in waited if node.place.scope == "shared"]
            if self._startup == "open" or not required:
                self._is_open = True
                self.unproven = frozenset(node.place.name for node in waited)
        return self._is_open
