"""What the screen shows of a service, computed from its scrapes and from nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from ninefold.demo._exposition import Reading, Series
from ninefold.demo._histogram import total
from ninefold.sli.http import OTHER

_NO_EVENT: Final = "client_disconnected"
_BAD: Final = frozenset(("timeout", "cancelled", "incomplete_response", OTHER))
_TOO_MANY: Final = 429

Earlier: TypeAlias = tuple[Mapping[tuple[object, ...], int], float]
"""The counts by series of a scrape before this one, and how many seconds ago that was."""


@dataclass(frozen=True, slots=True)
class Row:
    """One route, or a whole service. `rate` is of the last seconds, all else since the start.

    `availability` is None where nothing counts as an event, `rate` where only one scrape is known.
    `answers` are numbers of requests by status, or by `error.type` where no status was sent.
    """

    name: str
    requests: int
    rate: float | None
    availability: float | None
    quantiles: tuple[float, float, float]
    answers: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One service: all of it, then each route that it served, then whom it asked."""

    service: str
    version: str
    whole: Row
    routes: tuple[Row, ...]
    asked: tuple[Row, ...]


def is_valid(series: Series) -> bool:
    """Whether these requests count for the availability of their route."""
    return series.method != "OPTIONS" and series.status != _TOO_MANY and series.error != _NO_EVENT


def is_valid_for_service(series: Series) -> bool:
    """Whether they count for their service: what matched no route does not, unless it failed."""
    return is_valid(series) and (series.route is not None or series.error is not None)


def is_bad(series: Series) -> bool:
    """Whether these requests spend an error budget, if they count at all."""
    return (series.status is not None and series.status >= 500) or series.error in _BAD


def availability(
    series: Iterable[Series], counts: Callable[[Series], bool] = is_valid
) -> float | None:
    """The good share of the requests that count; None where there are none."""
    events = [each for each in series if counts(each)]
    valid = sum(each.durations.count for each in events)
    bad = sum(each.durations.count for each in events if is_bad(each))
    return (valid - bad) / valid if valid else None


def section(now: Reading, before: Reading | None, seconds: float) -> Section:
    """Compute what is shown of `now`; rates are against `before`, `seconds` ago."""
    earlier: Earlier | None = None
    if before is not None and seconds > 0:
        counts = {each.key: each.durations.count for each in before.served + before.asked}
        earlier = counts, seconds
    whole = _row(
        "all requests", now.served, availability(now.served, is_valid_for_service), earlier
    )
    routes = [
        # What matched no route has no objective of its own.
        _row(name, mine, None if mine[0].route is None else availability(mine), earlier)
        for name, mine in _by_name(now.served)
    ]
    asked = [_row(name, mine, None, earlier) for name, mine in _by_name(now.asked)]
    return Section(now.service, now.version, whole, tuple(routes), tuple(asked))


def _by_name(series: Iterable[Series]) -> list[tuple[str, list[Series]]]:
    named: dict[str, list[Series]] = {}
    for each in series:
        named.setdefault(each.name, []).append(each)
    return sorted(named.items(), key=lambda item: (item[1][0].route is None, item[0]))


def _row(
    name: str, series: Sequence[Series], available: float | None, earlier: Earlier | None
) -> Row:
    together = total(each.durations for each in series)
    rate = None
    if earlier is not None:
        counts, seconds = earlier
        since = sum(each.durations.count - counts.get(each.key, 0) for each in series)
        rate = since / seconds
    answers: Counter[str] = Counter()
    for each in series:
        answers[str(each.status or each.error)] += each.durations.count
    return Row(
        name,
        together.count,
        rate,
        available,
        (together.quantile(0.5), together.quantile(0.95), together.quantile(0.99)),
        tuple(sorted(answers.items())),
    )
