"""Counts each request once, whatever number of objectives it concerns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import RLock
from typing import TYPE_CHECKING, Final, NamedTuple

from ninefold.sli.objective._engine import Standing, Verdict, concerns, http_verdict, standing
from ninefold.sli.objective._metrics import Events, Pair
from ninefold.sli.objective._model import HttpAvailability, HttpKind
from ninefold.sli.objective._tally import Counted, Tally

if TYPE_CHECKING:
    from ninefold.telemetry import HistogramCell, Key

__all__ = ["HttpObjectives", "labels_of", "standing_of"]

Labels = tuple[bool, str | None, int | None, str | None]
"""Whether it is OPTIONS, the route, the status and the `error.type`: what a verdict follows from.

No client can add to these sets: routes and statuses are the application's, the rest is closed.
"""


_TIMED: Final = (Standing.TIMED, Standing.LATE_ONLY)
_BEGUN: Final = (Standing.BEGUN, Standing.BEGUN_OR_LATE)


class _Objective(NamedTuple):
    name: str
    kind: HttpKind
    pair: Pair


class _Share(NamedTuple):
    """An objective's share in what a plan counts."""

    name: str
    stands: Standing
    threshold: float
    pair: Pair

    def of(self, counted: Sequence[Counted]) -> tuple[int, int]:
        """How many good and how many bad events there are in what was counted."""
        total = sum(each.total for each in counted)
        if self.stands is Standing.GOOD:
            return total + sum(each.streamed for each in counted), 0
        if self.stands is Standing.BAD:
            return 0, total + sum(each.streamed for each in counted)
        within = sum(each.within(self.threshold) for each in counted)
        good = within if self.stands in (Standing.TIMED, Standing.BEGUN) else 0
        return good, total - within


class _Plan(NamedTuple):
    """What requests with the same labels count as."""

    whole: Tally
    """Those whose body was sent in one, if there was any: it began when it ended. Only what no
    series counts; most requests are events in that of the duration's histogram."""
    parted: Tally
    """Those whose body was sent in parts; when it began is judged at once."""
    shares: tuple[_Share, ...]


class HttpObjectives:
    """The HTTP objectives of one service, and what was counted for each set of labels so far.

    `cells` are the series of the duration's histogram: an exchange that a user sent and whose body
    was whole is recorded there as an event, under the lock that the record takes anyway, and what
    it is to each objective follows from the series' labels and boundaries when somebody reads. The
    rest comes here one by one, by `count`.
    """

    def __init__(
        self,
        events: Events,
        on_streamed: Callable[[str, str | None], None],
        cells: Mapping[Key, HistogramCell],
    ) -> None:
        self._events = events
        self._cells = cells
        self._on_streamed = on_streamed
        self._objectives: list[_Objective] = []
        self._lock = RLock()
        self._by_labels: dict[Labels, _Plan] = {}
        self._plans: list[_Plan] = []
        self._warned: set[str] = set()
        self.active = False
        """Whether there is any objective; without one nothing here is asked."""
        events.add_source(self._read)

    def restart(self) -> None:
        """Begin again at zero, as a forked child must."""
        self._lock = RLock()
        for plan in self._plans:
            plan.whole.restart()
            plan.parted.restart()

    def add(self, name: str, kind: HttpKind) -> None:
        """Count for this objective from now on."""
        pair = self._events.declare(name)
        with self._lock:
            self._objectives.append(_Objective(name, kind, pair))
            # Requests that it concerns get a new plan; what was counted by the old one stays.
            self._by_labels = {
                labels: plan
                for labels, plan in self._by_labels.items()
                if not concerns(kind, labels[1])
            }
            self.active = True

    def count(self, key: Key, elapsed: float, begun: float | None, streamed: bool) -> None:
        """Count one request that is over and no event of a series; times in seconds.

        `key` holds its labels in the duration's histogram. `begun` is when the body began, if it
        was sent in parts; `streamed` says that it was sent in several.
        """
        labels = labels_of(key)
        plan = self._by_labels.get(labels) or self._plan(labels)
        if begun is None:
            plan.whole.count(elapsed)
            return
        if streamed:
            plan.parted.count_streamed()
            self._warn(plan, labels[1])
        else:
            plan.parted.count(elapsed)
        for _, stands, threshold, pair in plan.shares:
            if stands in _BEGUN:
                verdict = http_verdict(
                    stands, threshold, elapsed=elapsed, begun=begun, streamed=streamed
                )
                (pair.good if verdict is Verdict.GOOD else pair.bad).add(1)

    def _plan(self, labels: Labels) -> _Plan:
        shares: list[_Share] = []
        with self._lock:
            found = self._by_labels.get(labels)
            if found is not None:
                return found
            for name, kind, pair in self._objectives:
                stands = standing_of(kind, labels)
                if stands is not Standing.OUT:
                    limit = 0.0 if isinstance(kind, HttpAvailability) else kind.threshold
                    shares.append(_Share(name, stands, limit, pair))
            limits = [share.threshold for share in shares if share.threshold]
            plan = _Plan(Tally(limits), Tally(limits), tuple(shares))
            self._by_labels[labels] = plan
            self._plans.append(plan)
        return plan

    def _warn(self, plan: _Plan, route: str | None) -> None:
        for share in plan.shares:
            if share.stands in _TIMED and share.name not in self._warned:
                self._warned.add(share.name)
                self._on_streamed(share.name, route)

    @property
    def streamed(self) -> dict[str, int]:
        """By latency objective, the responses that were no events as they were streamed."""
        found: dict[str, int] = {}
        for plan in list(self._plans):
            number = plan.parted.read().streamed
            for share in plan.shares:
                if number and share.stands in _TIMED:
                    found[share.name] = found.get(share.name, 0) + number
        return found

    def _read(self) -> Iterator[tuple[str, int, int]]:
        for key, cell in list(self._cells.items()):
            bounds, counts = cell.events()
            if any(counts):
                labels = labels_of(key)
                plan = self._by_labels.get(labels) or self._plan(labels)
                # Every threshold is a boundary: declaring the objective made it one.
                events = Counted(bounds, tuple(counts), 0)
                for share in plan.shares:
                    yield share.name, *share.of([events])
        for plan in list(self._plans):
            whole, parted = plan.whole.read(), plan.parted.read()
            for share in plan.shares:
                # What began is counted already where the body was sent in parts.
                counted = [whole] if share.stands in _BEGUN else [whole, parted]
                yield share.name, *share.of(counted)


def labels_of(key: Key) -> Labels:
    """What a verdict follows from, out of the labels of the duration's histogram."""
    method, _, route, status, error_type, _ = key
    return (
        method == "OPTIONS",
        None if route is None else str(route),
        status if isinstance(status, int) else None,
        None if error_type is None else str(error_type),
    )


def standing_of(kind: HttpKind, labels: Labels) -> Standing:
    """How requests with these labels stand towards a kind."""
    options, route, status, error_type = labels
    return standing(kind, options=options, route=route, status=status, error_type=error_type)
