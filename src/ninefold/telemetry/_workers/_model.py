"""What one process tells its siblings of a series, and how what several tell comes together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ninefold.registry import METRICS

if TYPE_CHECKING:
    from ninefold.registry import Kind, Merge

__all__ = ["Identity", "Told", "Totals", "policy_of"]

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

    `value` is the sum of a histogram, or else the value; `counts` are those of a histogram's
    buckets, from which its count follows.
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

    >>> requests = Identity("requests", "counter", "", "sum", (), ())
    >>> totals = Totals()
    >>> totals.add([Told(requests, "", 1, 2.0)], "0", alive=True)
    >>> totals.add([Told(requests, "", 2, 3.0)], "1", alive=False)
    >>> [(told.value, told.since_ns) for told in totals.told()]
    [(5.0, 1)]
    """

    def __init__(self) -> None:
        self._found: dict[Identity, Told] = {}

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
            self._found[identity] = Told(
                identity,
                each.description,
                each.since_ns if there is None else min(there.since_ns, each.since_ns),
                each.value if there is None else _merged(identity, there.value, each.value),
                each.counts
                if there is None
                else tuple(a + b for a, b in zip(there.counts, each.counts, strict=True)),
            )

    def told(self) -> list[Told]:
        """What they come to."""
        return list(self._found.values())


def _merged(identity: Identity, one: float, other: float) -> float:
    if identity.kind in ("gauge", "updowncounter"):
        if identity.merge == "max":
            return max(one, other)
        if identity.merge == "min":
            return min(one, other)
    return one + other


def _frozen(value: Any) -> object:
    return tuple(value) if isinstance(value, list) else value
