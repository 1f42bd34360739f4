"""Histogram: the cumulative buckets that a scrape shows, added up and asked for quantiles."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many measurements were at or below each bound; `bounds` ascend and end in infinity."""

    bounds: tuple[float, ...]
    counts: tuple[float, ...]

    @property
    def count(self) -> int:
        """How many measurements there were."""
        return int(self.counts[-1]) if self.counts else 0

    def quantile(self, q: float) -> float:
        """Estimate the value that the share `q` of measurements stays at or below.

        As Prometheus's `histogram_quantile` does: measurements are taken to be spread evenly in
        their bucket, the lowest bucket begins at 0, and what lies in the infinite bucket is given
        as the highest finite bound. NaN where there is nothing to estimate from.

        Source: Prometheus documentation, "Query functions", histogram_quantile.

        >>> Histogram((0.1, 0.2, math.inf), (0, 10, 10)).quantile(0.5)
        0.15000000000000002
        """
        if self.count == 0 or len(self.bounds) < 2 or self.bounds[-1] != math.inf:
            return math.nan
        rank = q * self.counts[-1]
        found = bisect_left(self.counts, rank, hi=len(self.counts) - 1)
        if found == len(self.bounds) - 1:
            return self.bounds[-2]
        end = self.bounds[found]
        if found == 0 and end <= 0:
            return end
        start, below = (self.bounds[found - 1], self.counts[found - 1]) if found else (0.0, 0.0)
        inside = self.counts[found] - below
        return start + (end - start) * ((rank - below) / inside) if inside else math.nan


def total(histograms: Iterable[Histogram]) -> Histogram:
    """All measurements of `histograms` in one; a bound that one of them lacks is left out."""
    given = [each for each in histograms if each.bounds]
    if not given:
        return Histogram((), ())
    shared = sorted(set.intersection(*(set(each.bounds) for each in given)))
    at = [dict(zip(each.bounds, each.counts, strict=True)) for each in given]
    return Histogram(tuple(shared), tuple(sum(one[bound] for one in at) for bound in shared))
