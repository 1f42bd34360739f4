"""Tells the events of every objective in `ninefold.sli.events`, whenever a reader collects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from ninefold.registry import SLI_EVENTS
from ninefold.sli.objective._tally import Count

if TYPE_CHECKING:
    from ninefold.telemetry import Key, Telemetry

__all__ = ["Events", "Pair"]


class Pair(NamedTuple):
    """The two sums of one objective, for events that are counted one objective at a time."""

    good: Count
    bad: Count


class Events:
    """Every objective's events: both series from the declaration on, outside the limit of series.

    What counts many objectives at once tells its part by `add_source`.
    """

    def __init__(self, telemetry: Telemetry) -> None:
        self._pairs: dict[str, Pair] = {}
        self._sources: list[Callable[[], Iterator[tuple[str, int, int]]]] = []
        self._telemetry = telemetry
        self._observed = False

    def restart(self) -> None:
        """Begin again at zero, as a forked child must; the objectives stay."""
        for pair in self._pairs.values():
            pair.good.restart()
            pair.bad.restart()

    def add_source(self, source: Callable[[], Iterator[tuple[str, int, int]]]) -> None:
        """Ask `source` for further (objective, good, bad), several times over if need be."""
        self._sources.append(source)

    def declare(self, name: str) -> Pair:
        """Have both series of the objective `name`, at zero; and add to them by what is given."""
        pair = self._pairs[name] = Pair(Count(), Count())
        if not self._observed:
            # Where no objective is declared there is no such metric, and nothing to ask for.
            self._observed = True
            self._telemetry.observe(SLI_EVENTS, self.read, bounded=False)
        return pair

    def read(self) -> list[tuple[float, Key]]:
        """Both sums of every objective."""
        # The sources first: what one tells of is declared by then, by whatever thread, and so read.
        told = [each for source in self._sources for each in source()]
        sums = {
            name: [pair.good.value, pair.bad.value] for name, pair in self._pairs.copy().items()
        }
        for name, good, bad in told:
            sums[name][0] += good
            sums[name][1] += bad
        return [
            (value, (name, outcome))
            for name, pair in sums.items()
            for value, outcome in zip(pair, ("good", "bad"), strict=True)
        ]
