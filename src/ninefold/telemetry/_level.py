"""How many things are under way: counted by what is there, so that nothing can drift.

A request begins and ends with one `append` and one `pop` of a list, which CPython does whole and
without a lock of ours; how long the list is, is asked when a reader collects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ninefold.registry import UpDownCounterMetric
    from ninefold.telemetry._instruments import Key
    from ninefold.telemetry._observed import Observation


class Level:
    """The things under way of one metric, a list per key; its length is the number.

    Keys must come from bounded sets: a list that was made stays, and reports 0.
    """

    __slots__ = ("_lists", "metric")

    def __init__(self, metric: UpDownCounterMetric) -> None:
        self.metric = metric
        self._lists: dict[Key, list[None]] = {}

    def of(self, key: Key) -> list[None]:
        """The list of `key`: append when something begins, pop when it ends."""
        return self._lists.setdefault(key, [])

    def read(self) -> list[Observation]:
        """How many of each key are under way now."""
        return [(len(found), key) for key, found in list(self._lists.items())]

    def restart(self) -> None:
        """Nothing is under way, as in a forked child."""
        for found in self._lists.values():
            found.clear()
