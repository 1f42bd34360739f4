"""When each check is probed: a rhythm per check, and an agenda of all; both without a clock."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Iterator
from typing import Final, Generic, Literal, TypeAlias, TypeVar

from ninefold.health._model import Patience

JITTER: Final = 0.2
"""By how much of its length each wait may differ, so that instances do not come at once."""

SOON: Final = 1.0
"""Seconds from a probe that left a change unconfirmed to the next one."""

GRACE: Final = 0.5
"""Seconds that an event loop has to say that it cancelled a probe; then it is taken for blocked."""

SPREAD: Final = 0.2
"""Seconds over which the first probes of many checks are spread; a start-up gate waits for them."""

_SPREAD_OF_EACH: Final = 0.004

Turn: TypeAlias = Literal["begin", "expire", "overdue"]
"""What is to be done with a check that is due: probe it, end its probe, or tell that it hangs."""

_Phase: TypeAlias = Literal["waiting", "probing", "expiring", "late"]

K = TypeVar("K")


def first_due(now: float, of: int, chance: random.Random) -> float:
    """When a check, one of so many that start together, is probed first: at once if it is alone."""
    return now + chance.uniform(0.0, min(SPREAD, _SPREAD_OF_EACH * (of - 1)))


class Rhythm:
    """When one check is due, and for what. Of its probes at most one is under way.

    Whoever acts on it asks for the `turn` when `due` has come, says when a probe `expired` or
    `ended`, and after each result how to `rest`. Times are monotonic seconds.

    >>> rhythm = Rhythm(Patience(interval=10, timeout=2), random.Random(1), first=0.0)
    >>> rhythm.turn(0.0), rhythm.due
    ('begin', 2.0)
    >>> rhythm.ended()
    True
    >>> rhythm.rest(0.1, unconfirmed=False)
    >>> 8.0 <= rhythm.due <= 12.0
    True
    """

    __slots__ = ("_chance", "_next", "_period", "_phase", "_since", "_timeout", "due")

    def __init__(self, patience: Patience, chance: random.Random, first: float) -> None:
        self._chance = chance
        self._period = patience.period
        self._timeout = patience.patience
        self._phase: _Phase = "waiting"
        self._since = self._next = first
        self.due = first

    @property
    def is_under_way(self) -> bool:
        """Whether a probe has begun and not ended, however late it is."""
        return self._phase != "waiting"

    def turn(self, now: float) -> Turn:
        """What is due now, and done by the caller; `due` is then when it must have been done."""
        match self._phase:
            case "waiting":
                self._count_from(now)
                self._phase = "probing"
                self.due = now + self._timeout
                return "begin"
            case "probing":
                self._phase = "expiring"
                self.due = now + GRACE
                return "expire"
            case "expiring":
                self._phase = "late"
            case "late":
                self._count_from(now)
        self.due = now + min(SOON, self._period)
        return "overdue"

    def expired(self) -> bool:
        """Take the probe as one that did not end in time; whether that was not known yet."""
        return self._leave_for("late")

    def ended(self) -> bool:
        """Take the probe as ended; whether its result counts, as it came in time."""
        return self._leave_for("waiting")

    def rest(self, now: float, *, unconfirmed: bool) -> None:
        """Set `due` after a result: an interval after the probe's start, or soon."""
        due = self._next
        if unconfirmed:
            due = min(due, self._since + SOON * self._draw())
        # One that hangs has nothing new to tell in the same moment.
        earliest = now + min(SOON, self._period) if self._phase == "late" else now
        self.due = max(due, earliest)

    def _leave_for(self, phase: _Phase) -> bool:
        counts = self._phase in ("probing", "expiring")
        self._phase = phase
        return counts

    def _count_from(self, now: float) -> None:
        self._since = now
        self._next = now + self._period * self._draw()

    def _draw(self) -> float:
        return self._chance.uniform(1.0 - JITTER, 1.0 + JITTER)


class Agenda(Generic[K]):
    """What is due when, the earliest first; each key is in it once at most.

    >>> agenda = Agenda[str]()
    >>> agenda.put("late", 5.0), agenda.put("early", 9.0), agenda.put("early", 1.0)
    (None, None, None)
    >>> list(agenda.take(4.0)), agenda.earliest()
    (['early'], 5.0)
    """

    __slots__ = ("_heap", "_order", "_place")

    def __init__(self) -> None:
        self._order = itertools.count()
        self._heap: list[tuple[float, int, K]] = []
        self._place: dict[K, int] = {}

    def put(self, key: K, due: float) -> None:
        """Have it come at `due`, and at no other time that was said before."""
        order = self._place[key] = next(self._order)
        heapq.heappush(self._heap, (due, order, key))

    def drop(self, key: K) -> None:
        """Have it never come."""
        self._place.pop(key, None)

    def earliest(self) -> float | None:
        """When the first of them is due; None where there is none."""
        while self._heap:
            due, order, key = self._heap[0]
            if self._place.get(key) == order:
                return due
            heapq.heappop(self._heap)
        return None

    def take(self, now: float) -> Iterator[K]:
        """Give, and take out, each that is due by `now`; what is put meanwhile may come too."""
        while (due := self.earliest()) is not None and due <= now:
            key = heapq.heappop(self._heap)[2]
            del self._place[key]
            yield key
