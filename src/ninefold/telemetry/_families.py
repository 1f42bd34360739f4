"""Prometheus families under construction: which name is whose, and what merges into one series.

Two OpenTelemetry series can become one Prometheus series: scopes are no labels, `a.b` and `a_b` are
one label, 200 and "200" one value. Prometheus refuses a series that comes twice in one scrape, so
they are merged here: counts are added, of two gauges the later one stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from types import MappingProxyType
from typing import Literal, TypeAlias

from opentelemetry.sdk.metrics import Exemplar

from ninefold.core import MetricKind

FamilyType: TypeAlias = Literal["counter", "gauge", "histogram", "info"]
Labels: TypeAlias = tuple[tuple[str, str], ...]

# OpenMetrics reserves a type's suffixes for it, whether or not they are written.
_SUFFIXES: Mapping[FamilyType, tuple[str, ...]] = MappingProxyType(
    {
        "counter": ("", "_total", "_created"),
        "gauge": ("",),
        "histogram": ("", "_bucket", "_sum", "_count", "_created"),
        "info": ("", "_info"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A counter's, up-down counter's or gauge's value in one series."""

    value: float
    start_ns: int
    time_ns: int
    exemplars: Sequence[Exemplar] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A histogram in one series: how many values were at or below each of its bounds, and in all.

    `sum` is None where negative values make it go down, which Prometheus would take for a restart.
    """

    bounds: tuple[float, ...]
    cumulative: tuple[int, ...]
    count: int
    sum: float | None
    start_ns: int
    exemplars: Sequence[Exemplar] = ()

    @classmethod
    def of_buckets(
        cls,
        bounds: Sequence[float],
        counts: Sequence[int],
        *,
        sum_: float,
        low: float,
        start_ns: int,
        exemplars: Sequence[Exemplar],
    ) -> Distribution:
        """Add up the counts per bucket; `low` is the lowest value seen, as far as it is known."""
        finite = tuple(bound for bound in bounds if bound < float("inf"))
        added = tuple(accumulate(counts))
        # Negative bounds say that negative values will come: the sum is left out from the start.
        grows = sum_ >= 0 and not low < 0 and not (finite and finite[0] < 0)
        return cls(
            bounds=finite,
            cumulative=added[: len(finite)],
            count=added[-1] if added else 0,
            sum=sum_ if grows else None,
            start_ns=start_ns,
            exemplars=exemplars,
        )


@dataclass(slots=True)
class Family:
    """One Prometheus family: what it is, and its series by their labels."""

    name: str
    type: FamilyType
    kind: MetricKind
    unit: str
    description: str
    numbers: dict[Labels, Number] = field(default_factory=dict)
    distributions: dict[Labels, Distribution] = field(default_factory=dict)

    def add_number(self, labels: Labels, number: Number) -> None:
        """Put a value into its series, or merge it with the one that is there."""
        there = self.numbers.get(labels)
        if there is None:
            self.numbers[labels] = number
        elif self.kind != "gauge":
            self.numbers[labels] = Number(
                value=there.value + number.value,
                start_ns=min(there.start_ns, number.start_ns),
                time_ns=max(there.time_ns, number.time_ns),
                exemplars=(*there.exemplars, *number.exemplars),
            )
        elif number.time_ns >= there.time_ns:
            self.numbers[labels] = number

    def add_distribution(self, labels: Labels, distribution: Distribution) -> None:
        """Put a histogram into its series, or merge it with the one that is there.

        Histograms of different bounds keep those that they have in common, where the counts of both
        are exact.
        """
        there = self.distributions.get(labels)
        if there is not None:
            ours = dict(zip(there.bounds, there.cumulative, strict=True))
            theirs = dict(zip(distribution.bounds, distribution.cumulative, strict=True))
            common = tuple(bound for bound in there.bounds if bound in theirs)
            sums = (there.sum, distribution.sum)
            distribution = Distribution(
                bounds=common,
                cumulative=tuple(ours[bound] + theirs[bound] for bound in common),
                count=there.count + distribution.count,
                sum=None if sums[0] is None or sums[1] is None else sums[0] + sums[1],
                start_ns=min(there.start_ns, distribution.start_ns),
                exemplars=(*there.exemplars, *distribution.exemplars),
            )
        self.distributions[labels] = distribution


class Claims:
    """Which family has which names, for as long as the reader lives.

    Kept from scrape to scrape, so that which of two metrics has a name does not change when one of
    them has nothing to say for a while.
    """

    def __init__(self) -> None:
        self._owners: dict[str, tuple[str, FamilyType, MetricKind, str]] = {}

    def grants(self, family: Family) -> bool:
        """Whether the family has its names, those of its series included; taken where free."""
        identity = (family.name, family.type, family.kind, family.unit)
        if any(self._owners.get(name, identity) != identity for name in _names(family)):
            return False
        self._owners.update(dict.fromkeys(_names(family), identity))
        return True

    def owner(self, family: Family) -> str:
        """The name of the family that stands in the way of `family`, or nothing."""
        taken = (self._owners[name][0] for name in _names(family) if name in self._owners)
        return next(taken, "")


def _names(family: Family) -> list[str]:
    return [family.name + suffix for suffix in _SUFFIXES[family.type]]
