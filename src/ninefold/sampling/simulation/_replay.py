"""Replays parts of traces through the engine that decides in a service, when they came."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

from ninefold.sampling._deferral import Deferral
from ninefold.sampling._engine import Head
from ninefold.sampling._model import Sampling
from ninefold.sampling._threshold import NEVER, adjusted_count, randomness_of
from ninefold.sampling._trace_state import EMPTY, State, parse
from ninefold.sampling.simulation._model import Part, Process, Span

__all__ = ["Outcome", "replay"]

MOST_COPIES: Final = 10_000
"""How many traces are decided on for one that was recorded; one beyond counts for several."""


class Outcome(NamedTuple):
    """What became of `stands_for` traces like `part`: whether they are kept, and by which rule.

    `entry` is the `ot` entry that went on. The first of a part's outcomes, `copy` 0, is about the
    trace that was recorded.
    """

    part: Part
    copy: int
    stands_for: float
    kept: bool
    entry: str | None
    rule: str


class _Copies:
    """A recorded part, and the others like it that were not recorded.

    With a threshold T it was recorded by chance: it stands for all that came, whose randomness is
    anywhere, and itself is one of them whose randomness is at or above T. So the others, spread
    evenly below T, are decided on as well: a rule per second has to see how many came.
    """

    __slots__ = ("above", "at", "count", "low", "number", "part", "shifts", "state", "told", "turn")

    def __init__(self, part: Part, above: _Copies | None) -> None:
        self.part = part
        self.above = above
        self.state = EMPTY if part.first.entry is None else parse(part.first.entry)
        self.at = part.first.start / 1e9
        self.turn = 0
        if above is not None:
            # Clocks of two machines differ: nobody decides before the caller has.
            self.at, self.turn = max(self.at, above.at), above.turn + 1
        self.low = _recorded_above(self.state, part.first.trace_id)
        self.number = 1
        self.count = 1.0
        self.shifts: list[float] = [0.0]
        self.told: list[tuple[bool, str | None]] = []

    def multiply(self, owed: float) -> float:
        """Settle how many there are, `owed` being what rounding left over; returns what it left."""
        above = self.above
        if above is not None and above.low == self.low:
            self.number, self.count = above.number, above.count
        elif self.low:
            stands_for = adjusted_count(self.low)
            self.number = min(int(stands_for + owed), MOST_COPIES)
            self.count = max(1.0, stands_for / MOST_COPIES)
            if self.count == 1.0:
                owed += stands_for - self.number
        self.told = [(False, None)] * self.number
        return owed

    def spread(self, seconds: float) -> None:
        """Have those that were not recorded come within the `seconds` before the next one."""
        above = self.above
        if above is not None:
            self.shifts = [above.shifts[self.of_caller(copy)] for copy in range(self.number)]
        elif self.number > 1:
            chance = random.Random(self.part.first.trace_id)
            self.shifts = [0.0, *(chance.random() * seconds for _ in range(self.number - 1))]

    def of_caller(self, copy: int) -> int:
        """Which of the caller's copies this one belongs to."""
        above = self.above
        if above is None or copy == 0 or above.number == 1:
            return 0
        return 1 + (copy - 1) * (above.number - 1) // max(1, self.number - 1)

    def given(self, copy: int) -> str | None:
        """The `ot` entry that tells the randomness of a copy; None where the trace id does."""
        randomness = self.state.randomness
        if copy > 0:
            # Each in a stretch of its own below, at the place that the recorded one has above.
            if randomness is None:
                randomness = randomness_of(self.part.first.trace_id)
            place = (randomness - self.low) / (NEVER - self.low)
            randomness = int((copy - 1 + place) / (self.number - 1) * self.low)
        return None if randomness is None else State(randomness=randomness).with_threshold(None)


class _Clock:
    __slots__ = ("now",)

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def replay(
    parts: Iterable[Part],
    sampling: Sampling,
    *,
    services: Collection[str] = (),
    callers_count: bool = True,
) -> Iterator[Outcome]:
    """What `sampling` makes of `parts` in each process of `services`, of all where none is named.

    Each process decides by itself, at the times that spans tell. A caller among `parts` hands its
    decision on; that of a service that is not named is the one that was recorded. Callers that are
    not there did keep what was recorded, unless `callers_count` is False: then the trace counts as
    one that begins here.

    Where traces wait for how they end, all of them have room to: what `sampling.buffer` would make
    them give up is not looked at.

    A part whose trace state has a threshold stands for others that were not recorded: so many
    outcomes there are.
    """
    found = _in_order(parts)
    _multiply(found)
    if not found:
        return
    clock = _Clock(found[0].at)
    keep = sampling.keep
    waits = None if keep is None else Deferral[Span](keep, sampling.buffer, _weightless)
    heads: dict[Process, Head] = {}
    order = sorted(
        (each.at + shift, each.turn, number, copy)
        for number, each in enumerate(found)
        for copy, shift in enumerate(each.shifts)
    )
    for at, _, number, copy in order:
        each = found[number]
        first = each.part.first
        own = each.given(copy)
        sampled: bool | None = None
        entry = own
        if each.above is not None:
            sampled, entry = each.above.told[each.of_caller(copy)]
            if copy > 0 and each.above.low != each.low:
                entry = _with_randomness(entry, own)
        elif first.parent_id and callers_count:
            # It was recorded, so its caller kept it; of those like it that were not, none.
            sampled, entry = copy == 0, first.entry if copy == 0 else own
        if services and first.process.service not in services:
            each.told[copy] = (copy == 0, first.entry if copy == 0 else own)
            continue
        head = heads.get(first.process)
        clock.now = at
        if head is None:
            head = heads[first.process] = Head(sampling, clock)
        kept, told, rule = head.decide(first.trace_id, sampled, entry, first)
        each.told[copy] = (kept, told)
        if waits is not None and (kept or not head.is_final(rule)):
            each.told[copy] = (kept or head.propagates, told)
            kept, told, rule = _ended(each.part, head, waits, (kept, told, rule))
        yield Outcome(each.part, copy, each.count, kept, told, rule)


def _in_order(parts: Iterable[Part]) -> list[_Copies]:
    """Each after its caller; of the others, by time."""
    made: dict[int, _Copies] = {}
    for part in sorted(parts, key=lambda each: each.first.start):
        chain: dict[int, Part] = {}
        at: Part | None = part
        while at is not None and id(at) not in made and id(at) not in chain:
            chain[id(at)] = at
            at = at.parent
        for each in reversed(chain.values()):
            # Callers in a circle are a mistake of who recorded it: one of them begins.
            above = None if each.parent is None else made.get(id(each.parent))
            made[id(each)] = _Copies(each, above)
    return list(made.values())


def _multiply(found: list[_Copies]) -> None:
    owed: dict[Process, float] = {}
    begun: dict[Process, list[_Copies]] = {}
    for each in found:
        process = each.part.first.process
        owed[process] = each.multiply(owed.get(process, 0.0))
        if each.above is None:
            begun.setdefault(process, []).append(each)
    for several in begun.values():
        several.sort(key=lambda each: each.at)
        length = several[-1].at - several[0].at
        usual = length / (len(several) - 1) if len(several) > 1 else 0.0
        for place, each in enumerate(several):
            after = several[place + 1].at if place + 1 < len(several) else each.at + usual
            each.spread(after - each.at)
    for each in found:
        if each.above is not None:
            each.spread(0.0)


def _weightless(span: Span) -> int:
    """Nothing: there is room for all."""
    del span
    return 0


def _ended(
    part: Part, head: Head, waits: Deferral[Span], decided: tuple[bool, str | None, str]
) -> tuple[bool, str | None, str]:
    """What becomes of a part that waited for its end: kept or not, the entry, and by whom."""
    kept, entry, rule = decided
    first = part.first
    waiting = waits.begin(rule, kept, 0.0)
    waiting.joined(first.span_id)
    route = first.attributes.get("http.route") if head.looks_at_routes else None
    waits.ended(
        waiting,
        first.span_id,
        first,
        0.0,
        error=part.failed,
        seconds=part.seconds,
        route=head.by_route(rule, first.trace_id, entry, route, first, kept=kept)
        if isinstance(route, str)
        else None,
    )
    if waiting.told is not None:
        entry = head.told(entry, waiting.told)
    return waiting.kept, entry, waiting.rule


def _with_randomness(entry: str | None, own: str | None) -> str | None:
    if entry is None or own is None:
        return own
    told = parse(entry)
    return State(told.threshold, parse(own).randomness, told.others).with_threshold(told.threshold)


def _recorded_above(state: State, trace_id: int) -> int:
    """The threshold that a part was recorded by; 0 where none is told, or none that explains it."""
    threshold = state.threshold
    randomness = randomness_of(trace_id) if state.randomness is None else state.randomness
    return threshold if threshold is not None and randomness >= threshold else 0
