"""Entry: one dependency in a Health: what is declared of it, its probes, and how it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from ninefold.health._model import Check, Patience, Place, Probed
from ninefold.health._node import Node
from ninefold.health._standing import Standing
from ninefold.health._traffic import Calls

__all__ = ["KEPT", "NOTHING_SAID", "Entry", "Probe"]

KEPT: Final = 0.9
"""Seconds that a judgement is kept: who asks comes every second, at the earliest."""

NOTHING_SAID: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(slots=True, kw_only=True)
class Entry:
    """A dependency. Its standing is begun anew in a forked child.

    `about` is what people are told of it: its kind, owner and runbook.
    """

    place: Place
    patience: Patience
    checks: Sequence[Check]
    calls: Callable[[], Calls] | None
    began: float
    about: Mapping[str, str] = field(default_factory=lambda: NOTHING_SAID)
    standing: Standing = field(init=False)
    _node: Node | None = field(init=False, default=None)
    _judged: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.begin(self.began)

    def begin(self, now: float) -> None:
        """Know nothing, from now on."""
        self.began = now
        self.standing = Standing(self.patience, len(self.checks), now)
        self._node = None

    def take(self, number: int, probed: Probed) -> None:
        """Take what a probe of one of its checks found."""
        self.standing.series[number].take(probed)
        self._node = None

    def node(self, now: float, fault: Callable[[Exception], None]) -> Node:
        """Its place in the service, and how it is; judged anew when something is found.

        Else about once a second, when its calls are looked at too; `fault` takes what those raise.
        """
        node = self._node
        if node is None or not 0 <= now - self._judged < KEPT:
            if self.calls is not None:
                try:
                    self.standing.traffic.look(now, self.calls())
                except Exception as error:  # noqa: BLE001 - evidence that is missing is none
                    fault(error)
            self._judged = now
            self._node = node = Node(
                self.place, self.standing.judge(now), is_checked=bool(self.checks)
            )
        return node


class Probe:
    """One check of one dependency, as the scheduler sees it."""

    __slots__ = ("_entry", "_took", "check", "name", "number", "patience")

    def __init__(self, entry: Entry, number: int, took: Callable[[Probe, Probed], None]) -> None:
        self._entry = entry
        self._took = took
        self.name = entry.place.name
        self.number = number
        """Which of the dependency's checks it is."""
        self.check = entry.checks[number]
        self.patience = entry.patience

    def probed(self, probed: Probed) -> None:
        """Take a result."""
        self._took(self, probed)

    def is_unconfirmed(self) -> bool:
        """Whether what was found last is to be confirmed soon."""
        return self._entry.standing.series[self.number].is_unconfirmed()
