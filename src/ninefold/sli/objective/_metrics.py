"""Counts each event once for every objective that it concerns, in `ninefold.sli.events`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ninefold.registry import SLI_EVENTS
from ninefold.sli.objective._engine import (
    Standing,
    Verdict,
    concerns,
    http_verdict,
    operation_verdict,
    standing,
)
from ninefold.sli.objective._model import HttpAvailability, HttpKind
from ninefold.telemetry import NumberCell

if TYPE_CHECKING:
    from ninefold.telemetry import Key, Telemetry

Count = Callable[[int], None]


class Pair(NamedTuple):
    """The two series of one objective, as what adds to them."""

    good: Callable[[float], None]
    bad: Callable[[float], None]


def reserved_pair(telemetry: Telemetry, name: str) -> Pair:
    """Both series of the objective `name`, at zero from now on, outside the limit of series."""
    events = telemetry.counter(SLI_EVENTS)
    cells = events.reserve((name, "good")), events.reserve((name, "bad"))
    good, bad = (cell.add for cell in cells)
    return Pair(good, bad)


def quick_pair(telemetry: Telemetry, name: str) -> tuple[Count, Count]:
    """As `reserved_pair`, for whole numbers of ours: twice as quick, on every request's path."""
    events = telemetry.counter(SLI_EVENTS)
    cells = events.reserve((name, "good")), events.reserve((name, "bad"))
    good, bad = (cell.change if isinstance(cell, NumberCell) else cell.add for cell in cells)
    return good, bad


class _Http(NamedTuple):
    name: str
    kind: HttpKind
    good: Count
    bad: Count


class _Judged(NamedTuple):
    """One objective in a plan: its requests differ by time alone."""

    name: str
    stands: Standing
    threshold: float
    good: Count
    bad: Count


class Plan(NamedTuple):
    """What requests of the same labels count as."""

    always: tuple[Count, ...]
    """What each of them adds to."""
    judged: tuple[_Judged, ...]
    """What depends on how long it took."""


_NOTHING = Plan((), ())
_MOST_PLANS = 4096
"""Labels are bounded sets, and so are plans; this bounds their product as well."""


class HttpObjectives:
    """The HTTP objectives of one service, and the plan for each set of labels met so far."""

    __slots__ = (
        "_lock",
        "_objectives",
        "_on_streamed",
        "_telemetry",
        "active",
        "plans",
        "streamed",
    )

    def __init__(
        self, telemetry: Telemetry, on_streamed: Callable[[str, str | None], None]
    ) -> None:
        self._telemetry = telemetry
        self._on_streamed = on_streamed
        self._objectives: list[_Http] = []
        self._lock = threading.RLock()
        self.active = False
        """Whether there is any objective; without one nothing here is asked."""
        self.plans: dict[Key, Plan] = {}
        self.streamed: dict[str, int] = {}
        """By objective, the responses that were no events as they were streamed."""

    def restart(self) -> None:
        """Take a lock of its own and count from zero, as a forked child must."""
        self._lock = threading.RLock()
        self.streamed.clear()

    def add(self, name: str, kind: HttpKind) -> None:
        """Count for this objective from now on."""
        good, bad = quick_pair(self._telemetry, name)
        with self._lock:
            self._objectives.append(_Http(name, kind, good, bad))
            # What was planned for other routes stays right; only of these there is nothing yet.
            self.plans = {
                key: plan for key, plan in self.plans.items() if not concerns(kind, _route(key))
            }
            self.active = True

    def plan(self, key: Key) -> Plan:
        """Make the plan for labels that are not in `plans`; the key is that of the histogram."""
        always: list[Count] = []
        judged: list[_Judged] = []
        for name, kind, good, bad in list(self._objectives):
            stands = standing_of(kind, key)
            if stands is Standing.GOOD:
                always.append(good)
            elif stands is Standing.BAD:
                always.append(bad)
            elif stands is not Standing.OUT:
                threshold = 0.0 if isinstance(kind, HttpAvailability) else kind.threshold
                judged.append(_Judged(name, stands, threshold, good, bad))
        made = Plan(tuple(always), tuple(judged)) if always or judged else _NOTHING
        with self._lock:
            if len(self.plans) < _MOST_PLANS:
                self.plans[key] = made
        return made

    def count(self, key: Key, elapsed: float, begun: float | None, streamed: bool) -> None:
        """Count one request that is over; what it counts as follows from its labels and times."""
        plan = self.plans.get(key)
        if plan is None:
            plan = self.plan(key)
        for count in plan.always:
            count(1)
        for name, stands, threshold, good, bad in plan.judged:
            if stands is Standing.TIMED and not streamed:
                # As `http_verdict` has it; nearly every request goes this way.
                (good if elapsed <= threshold else bad)(1)
                continue
            verdict = http_verdict(
                stands, threshold, elapsed=elapsed, begun=begun, streamed=streamed
            )
            if verdict is Verdict.GOOD:
                good(1)
            elif verdict is Verdict.BAD:
                bad(1)
            elif verdict is Verdict.STREAMED:
                self._stream(name, _route(key))

    def _stream(self, name: str, route: str | None) -> None:
        with self._lock:
            before = self.streamed.get(name, 0)
            self.streamed[name] = before + 1
        if before == 0:
            self._on_streamed(name, route)


def standing_of(kind: HttpKind, key: Key) -> Standing:
    """How requests with the labels `key` of the duration's histogram stand towards a kind."""
    method, _, _, status, error_type, _ = key
    return standing(
        kind,
        method=str(method),
        route=_route(key),
        status=status if isinstance(status, int) else None,
        error_type=None if error_type is None else str(error_type),
    )


def _route(key: Key) -> str | None:
    route = key[2]
    return None if route is None else str(route)


class Judge(NamedTuple):
    """One objective of an operation; `threshold` in seconds, or None where success is enough."""

    threshold: float | None
    good: Count
    bad: Count


class OperationObjectives:
    """The objectives of operations, by the operation's name."""

    __slots__ = ("_telemetry", "judges")

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self.judges: dict[str, tuple[Judge, ...]] = {}
        """By operation; one without an objective is not in it."""

    def add(self, name: str, operation: str, threshold: float | None) -> None:
        """Count for this objective from now on."""
        good, bad = quick_pair(self._telemetry, name)
        self.judges[operation] = (*self.judges.get(operation, ()), Judge(threshold, good, bad))

    def count(self, operation: str, outcome: str, elapsed: float) -> None:
        """Count one run that is over, `elapsed` in seconds."""
        for threshold, good, bad in self.judges.get(operation, ()):
            verdict = operation_verdict(threshold, outcome=outcome, elapsed=elapsed)
            if verdict is Verdict.GOOD:
                good(1)
            elif verdict is Verdict.BAD:
                bad(1)


class QualityObjectives:
    """The objectives of quality, by the name under which the application counts its items."""

    __slots__ = ("_pairs", "_telemetry")

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._pairs: dict[str, tuple[Pair, ...]] = {}

    def add(self, name: str, operation: str) -> None:
        """Count for this objective from now on."""
        pair = reserved_pair(self._telemetry, name)
        self._pairs[operation] = (*self._pairs.get(operation, ()), pair)

    def counted(self, operation: str, good: float, bad: float) -> None:
        """Count items that were told of, both numbers known to be sound."""
        for pair in self._pairs.get(operation, ()):
            pair.good(good)
            pair.bad(bad)
