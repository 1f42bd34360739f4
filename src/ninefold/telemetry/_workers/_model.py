"""What one process tells its siblings of a series, and how what several tell comes together."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ninefold.core import label_value
from ninefold.registry import METRICS

if TYPE_CHECKING:
    from ninefold.registry import Kind, Merge

__all__ = ["Identity", "Told", "Totals", "attributes_of", "policy_of"]

Attributes = tuple[tuple[str, object], ...]

WORKER = "ninefold.worker"
"""The attribute that tells apart what several workers say of themselves each."""


class Identity(NamedTuple):
    """Which series it is; of a histogram with other boundaries it is another one."""

    name: str
    kind: Kind
    unit: str
    merge: Merge
    attributes: Attributes
    bounds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One series of one process at one moment.

    `value` is the sum of a histogram (no number where it may fall), or else the value; `counts` are
    those of a histogram's buckets, from which its count follows.
    """

    identity: Identity
    description: str
    since_ns: int
    value: float
    counts: tuple[int, ...] = ()

    def as_json(self) -> list[object]:
        """The series as JSON can hold it."""
        return [*self.identity, self.description, self.since_ns, self.value, self.counts]

    @classmethod
    def of_json(cls, found: Any) -> Told:
        """Read what `as_json` gave; raises `ValueError` or `TypeError` for anything else."""
        name, kind, unit, merge, attributes, bounds, description, since, value, counts = found
        identity = Identity(
            str(name),
            kind,
            str(unit),
            merge,
            tuple((str(key), _frozen(each)) for key, each in attributes),
            tuple(float(bound) for bound in bounds),
        )
        told = cls(identity, str(description), int(since), float(value), tuple(map(int, counts)))
        if told.counts and len(told.counts) != len(identity.bounds) + 1:
            raise ValueError(f"the buckets of {name} must fit its boundaries, got {counts!r}")
        return told


def attributes_of(attributes: Mapping[str, object]) -> Attributes:
    """Attributes in one order, with values that JSON can hold; the same in every process."""
    return tuple((key, _held(attributes[key])) for key in sorted(attributes))


def _held(value: object) -> object:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, tuple | list):
        return tuple(_held(each) for each in value)
    return label_value(value)


def policy_of(name: str, kind: Kind) -> Merge:
    """What of several workers is shown of a metric; of an application's own gauge, each."""
    declared = METRICS.get(cast("Any", name))
    if declared is not None:
        return declared.workers
    return "each" if kind == "gauge" else "sum"


class Totals:
    """Brings together what several processes tell, in whatever order they do.

    Counts are added by boundary: histograms of other boundaries stay apart here, and are joined in
    what they have in common where they are shown. A state ends with its process, a count does not.

    Sums are exact until they are shown, and then rounded once: added in another order, or when some
    have died, they would come to a little less at times, which Prometheus takes for a restart.

    >>> requests = Identity("requests", "counter", "", "sum", (), ())
    >>> totals = Totals()
    >>> totals.add([Told(requests, "", 1, 2.0)], "0", alive=True)
    >>> totals.add([Told(requests, "", 2, 3.0)], "1", alive=False)
    >>> [(told.value, told.since_ns) for told in totals.told()]
    [(5.0, 1)]
    """

    def __init__(self) -> None:
        self._found: dict[Identity, _Sum] = {}

    def add(self, told: Iterable[Told], worker: str, *, alive: bool) -> None:
        """Add what one process tells; `worker` names it where each is shown by itself."""
        for each in told:
            identity = each.identity
            if identity.kind in ("gauge", "updowncounter"):
                if not alive:
                    continue
                if identity.merge == "each":
                    own = (*identity.attributes, (WORKER, worker))
                    identity = identity._replace(attributes=own)
            there = self._found.get(identity)
            if there is None:
                self._found[identity] = _Sum(
                    each.description, each.since_ns, [each.value], each.counts
                )
            else:
                there.add(identity, each)

    def told(self) -> list[Told]:
        """What they come to; those of other boundaries in one order, for they are added later."""
        return [
            Told(identity, found.description, found.since_ns, _rounded(found.values), found.counts)
            for identity, found in sorted(
                self._found.items(), key=lambda item: (item[0].name, item[0].bounds)
            )
        ]

    def exact(self) -> list[Told]:
        """What they come to without any rounding: several for one series, to be added again."""
        return [
            Told(identity, found.description, found.since_ns, value, counts)
            for identity, found in self._found.items()
            for value, counts in zip(
                found.values,
                (found.counts, *[(0,) * len(found.counts)] * (len(found.values) - 1)),
                strict=True,
            )
        ]


@dataclass(slots=True)
class _Sum:
    """What a series comes to so far; the sum of `values`, which do not overlap, is exact."""

    description: str
    since_ns: int
    values: list[float]
    counts: tuple[int, ...]

    def add(self, identity: Identity, told: Told) -> None:
        self.since_ns = min(self.since_ns, told.since_ns)
        self.counts = tuple(map(operator.add, self.counts, told.counts))
        if identity.kind not in ("gauge", "updowncounter") or identity.merge == "sum":
            self.values = _added(self.values, told.value)
        elif identity.merge == "each":
            # Of one worker: two scopes have a gauge of that name.
            self.values = [told.value]
        else:
            choose = max if identity.merge == "max" else min
            self.values = [choose(self.values[0], told.value)]


def _added(values: list[float], value: float) -> list[float]:
    """The same sum and `value`: numbers that do not overlap (Shewchuk 1997, "grow-expansion")."""
    if not math.isfinite(value + sum(values)):
        return [value + sum(values)]
    kept: list[float] = []
    for each in values:
        larger, smaller = (value, each) if abs(value) >= abs(each) else (each, value)
        value = larger + smaller
        lost = smaller - (value - larger)
        if lost:
            kept.append(lost)
    return [*kept, value]


def _rounded(values: list[float]) -> float:
    return math.fsum(values) if math.isfinite(values[-1]) else values[-1]


def _frozen(value: Any) -> object:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value
