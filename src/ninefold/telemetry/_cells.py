"""Cells: one series each, recorded into without the SDK and drained when a reader collects.

A record costs a comparison, one bisect and one lock. What a reader needs beyond the present
state (sums, minimum and maximum since its own last collection) is kept per reader and brought up
to date on collection: subtracting shared cumulative sums would lose precision (1e9, then 0.1,
gives 0.10000002384), and an interval's minimum cannot be had by subtraction at all.

The locks are re-entrant: a signal handler or a finalizer that records while its own thread is
inside a cell must not hang the application. Over 300 lines, as the three kinds are read together.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Callable, Sequence
from operator import add
from threading import RLock
from time import time_ns
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ninefold.telemetry._exemplars import Exemplars, Offer, offer
from ninefold.telemetry._measurement import LARGEST, WHOLE, exportable, plain
from ninefold.telemetry._pending import Exemplar, Pending
from ninefold.telemetry._waking import WakingLock

if TYPE_CHECKING:
    from ninefold.config import ExemplarFilter
    from ninefold.telemetry._faults import Faults

INFINITY = float("inf")


class Slots(Protocol):
    """Where other processes read a series: its counts, and its sum or value."""

    @property
    def counts(self) -> memoryview[int]:
        """The counts, as 64-bit integers."""
        ...

    @property
    def value(self) -> memoryview[float]:
        """The sum or value, as one double."""
        ...

    def forget(self) -> None:
        """Have nobody read them again."""


class HistogramState(NamedTuple):
    """What a histogram's reader sees of one series."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    sum: float
    low: float
    high: float
    since_ns: int
    offers: tuple[Offer, ...]


class NumberState(NamedTuple):
    """What a counter's or gauge's reader sees of one series."""

    value: float
    since_ns: int
    offers: tuple[Offer, ...]


class _Part:
    """What a histogram gathered since one delta reader last collected."""

    __slots__ = ("counts", "high", "low", "since_ns", "sum")

    def __init__(
        self, counts: list[int], total: float, low: float, high: float, since: int
    ) -> None:
        self.counts = counts
        self.sum = total
        self.low = low
        self.high = high
        self.since_ns = since


class HistogramCell:
    """One series of a histogram with explicit boundaries.

    `_counts` never goes back while the process lives; `_sum`, `_low` and `_high` are since the last
    collection by any reader, and move into `_total` and every delta reader's part then.

    There are two rows of counts behind each other, and a measurement goes into one of them: the
    second is for those that are events of objectives, which are thereby counted at no cost.
    """

    __slots__ = (
        "_attributes",
        "_bounds",
        "_counts",
        "_exemplars",
        "_faults",
        "_filter",
        "_high",
        "_low",
        "_offers",
        "_parts",
        "_plain",
        "_shared",
        "_since_ns",
        "_slots",
        "_sum",
        "_total",
        "_unshown",
        "_width",
        "lock",
    )

    def __init__(
        self,
        attributes: dict[str, object],
        bounds: Sequence[float],
        faults: Faults,
        exemplars: ExemplarFilter = "trace_based",
    ) -> None:
        self._attributes = attributes
        self._bounds = tuple(bounds)
        self._width = len(self._bounds) + 1
        self._faults = faults
        self._filter = exemplars
        # What `exemplar` is where there is nothing to offer; with `always_on` it never is.
        self._unshown: object = self if exemplars == "always_on" else None
        self.restart()

    @property
    def attributes(self) -> dict[str, object]:
        """The point's attributes; the same object every time, not to be changed."""
        return self._attributes

    def restart(self, wake: Callable[[], None] | None = None) -> None:
        """Begin again at zero with a lock of its own, as a forked child must.

        `wake` is called before the next record, for a process that has no providers yet.
        """
        self._plain = RLock()
        self.lock: RLock | WakingLock = self._plain
        self._since_ns = time_ns()
        self._counts: list[int] | memoryview[int] = [0] * (2 * self._width)
        self._slots: Slots | None = None
        self._shared: memoryview[float] | None = None
        self._offers: dict[int, Offer] = {}
        self._exemplars = Exemplars()
        self._sum = 0.0
        self._low = INFINITY
        self._high = -INFINITY
        self._total = _Part([], 0.0, INFINITY, -INFINITY, self._since_ns)
        self._parts: dict[int, _Part] = {}
        if wake is not None:
            self.sleep(wake)

    def sleep(self, wake: Callable[[], None]) -> None:
        """Have `wake` called before the next record."""
        self.lock = WakingLock(self, self._plain, wake)

    def record(self, value: float, exemplar: Exemplar | None = None, event: bool = False) -> None:
        """Count one measurement; what is negative or no finite number is dropped and counted.

        `event` says that it is one of those that `events` tells.
        """
        number = value if type(value) is float else plain(value)
        if not 0.0 <= number <= LARGEST:
            self._faults.invalid_value(value)
            return
        made = None
        if exemplar is not self._unshown:
            made = self._offer(number, exemplar)
        with self.lock:
            index = bisect_left(self._bounds, number)
            if made is not None:
                self._offers[index] = made
            if event:
                index += self._width
            self._counts[index] += 1
            self._sum += number
            if self._shared is not None:
                self._shared[0] += number
            if number < self._low:
                self._low = number
            if number > self._high:
                self._high = number

    def show(self, value: float, exemplar: Exemplar | None) -> None:
        """Offer an exemplar for a value that has been recorded already."""
        number = plain(value)
        made = self._offer(number, exemplar) if 0.0 <= number <= LARGEST else None
        if made is not None:
            with self.lock:
                self._offers[bisect_left(self._bounds, number)] = made

    def place(self, made: Offer) -> None:
        """Show what was measured before, now that its trace is kept."""
        with self._plain:
            self._offers[bisect_left(self._bounds, made.value)] = made

    def _offer(self, number: float, exemplar: Exemplar | None) -> Offer | None:
        if self._filter == "always_off":
            return None
        try:
            if type(exemplar) is Pending:
                exemplar.hold(self, number)
                return None if self._unshown is None else offer(number, None)
            return offer(number, exemplar)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.internal_error("metrics", error)
            return None

    @property
    def plain_lock(self) -> RLock:
        """The lock that wakes nobody, for what is no record."""
        return self._plain

    def widen(self, bounds: Sequence[float]) -> None:
        """Take other boundaries. The caller holds `plain_lock` and has seen `touched` be false."""
        self._bounds = tuple(bounds)
        self._width = len(self._bounds) + 1
        self.unshare()
        self._counts = [0] * (2 * self._width)
        for part in self._parts.values():
            part.counts = [0] * self._width

    @property
    def bounds(self) -> tuple[float, ...]:
        """The boundaries."""
        return self._bounds

    @property
    def since_ns(self) -> int:
        """When the series began."""
        return self._since_ns

    def share(self, slots: Slots) -> None:
        """Count where other processes read it, from now on; what there is goes along."""
        with self._plain:
            for place, count in enumerate(self._counts):
                slots.counts[place] = count
            slots.value[0] = self._total.sum + self._sum
            self.unshare()
            self._counts, self._shared, self._slots = slots.counts, slots.value, slots

    def unshare(self) -> None:
        """Have what others read there forgotten. The caller holds `plain_lock`."""
        slots, self._slots, self._shared = self._slots, None, None
        if slots is not None:
            slots.forget()

    def leave(self) -> None:
        """Count for this process alone from now on; what others read there stays as it is."""
        with self._plain:
            self._counts = list(self._counts)
            self._slots = self._shared = None

    @property
    def touched(self) -> bool:
        """Whether anything was recorded since the series began."""
        return any(self._counts)

    def events(self) -> tuple[tuple[float, ...], list[int]]:
        """The boundaries, and how many events there were in each bucket since the series began."""
        with self._plain:
            return self._bounds, list(self._counts[self._width :])

    def _drain(self) -> tuple[tuple[float, ...], list[int]]:
        with self._plain:
            bounds, rows = self._bounds, list(self._counts)
            total, low, high = self._sum, self._low, self._high
            self._sum, self._low, self._high = 0.0, INFINITY, -INFINITY
            # What others read is the one sum there is: added in other steps it would differ.
            shared = self._shared
            self._total.sum = self._total.sum + total if shared is None else shared[0]
            offers = self._offers
            if offers:
                self._offers = {}
        width = len(bounds) + 1
        counts = list(map(add, rows[:width], rows[width:]))
        self._exemplars.add(offers)
        for part in (self._total, *self._parts.values()):
            if part is not self._total:
                part.sum += total
            part.low = min(part.low, low)
            part.high = max(part.high, high)
        return bounds, counts

    def cumulative(self, reader: int, keeps: bool) -> HistogramState:
        """Everything since the series began. Called by one collection at a time.

        `keeps` says that the reader shows an exemplar until a newer one takes its place.
        """
        bounds, counts = self._drain()
        total = self._total
        return HistogramState(
            bounds,
            tuple(counts),
            total.sum,
            total.low,
            total.high,
            self._since_ns,
            self._exemplars.shown_to(reader, keeps),
        )

    def delta(self, reader: int, keeps: bool, now_ns: int) -> HistogramState | None:
        """What came since this reader's last call, or None when nothing did.

        Called by one collection at a time.
        """
        bounds, counts = self._drain()
        part = self._parts.get(reader)
        if part is None:
            total = self._total
            part = _Part([0] * len(counts), total.sum, total.low, total.high, self._since_ns)
        difference = tuple(now - before for now, before in zip(counts, part.counts, strict=True))
        # The series may be younger than the collection that sees it.
        until = max(now_ns, part.since_ns)
        self._parts[reader] = _Part(counts, 0.0, INFINITY, -INFINITY, until)
        if not any(difference):
            return None
        return HistogramState(
            bounds,
            difference,
            part.sum,
            part.low,
            part.high,
            part.since_ns,
            self._exemplars.shown_to(reader, keeps),
        )


class NumberCell:
    """One series of a counter or an up-down counter.

    What `step` counts is ticked by a C counter, which needs no lock, and taken in by `_collect`.
    """

    __slots__ = (
        "_attributes",
        "_exemplars",
        "_faults",
        "_filter",
        "_floor",
        "_least",
        "_offer",
        "_parts",
        "_plain",
        "_seen",
        "_shared",
        "_since_ns",
        "_tick",
        "_total",
        "_unshown",
        "_value",
        "lock",
        "step",
    )

    step: Callable[[], object]
    """Add 1, as counters of calls do all day: a tenth of what `add` costs. Not to be kept: it is
    another one while others read the series, and before a sleeping process is woken."""

    def __init__(
        self,
        attributes: dict[str, object],
        monotonic: bool,
        faults: Faults,
        exemplars: ExemplarFilter = "trace_based",
    ) -> None:
        self._attributes = attributes
        self._floor = 0.0 if monotonic else -LARGEST
        self._least = 0 if monotonic else -WHOLE
        self._faults = faults
        self._filter = exemplars
        # What `exemplar` is where there is nothing to offer; with `always_on` it never is.
        self._unshown: object = self if exemplars == "always_on" else None
        self.restart()

    @property
    def attributes(self) -> dict[str, object]:
        """The point's attributes; the same object every time, not to be changed."""
        return self._attributes

    def restart(self, wake: Callable[[], None] | None = None) -> None:
        """Begin again at zero with a lock of its own, as a forked child must.

        `wake` is called before the next record, for a process that has no providers yet.
        """
        self._plain = RLock()
        self.lock: RLock | WakingLock = self._plain
        self._since_ns = time_ns()
        self._value: float = 0
        self._tick = itertools.count().__next__
        self._seen = 0
        self._shared: memoryview[float] | None = None
        self._offer: Offer | None = None
        self._exemplars = Exemplars()
        self._total: float = 0
        self._parts: dict[int, tuple[float, bool, int]] = {}
        self._shorten()
        if wake is not None:
            self.sleep(wake)

    def sleep(self, wake: Callable[[], None]) -> None:
        """Have `wake` called before the next record."""
        self.lock = WakingLock(self, self._plain, wake)
        self.step = self._long_step

    def add(self, value: float, exemplar: Exemplar | None = None) -> None:
        """Add to the sum; what is no finite number, or would make a counter fall, is dropped."""
        if type(value) is int and self._least <= value <= WHOLE:
            number: float = value
        else:
            number = plain(value)
            if not self._floor <= number <= LARGEST:
                self._faults.invalid_value(value)
                return
        with self.lock:
            self._value += number
            if self._shared is not None:
                self._shared[0] += number
        if exemplar is not self._unshown:
            self.show(number, exemplar)

    def _long_step(self) -> None:
        self.add(1)
        with self._plain:
            self._shorten()

    def _shorten(self) -> None:
        """Have a step be a tick alone, where nothing else is to be done. Under `_plain`."""
        plain = self._shared is None and self._unshown is None and self.lock is self._plain
        self.step = self._tick if plain else self._long_step

    def _collect(self) -> None:
        """Take in what was ticked. The caller holds `_plain`."""
        # The counter cannot be read without being moved on: of its steps, our own count nothing.
        count = self._tick()
        ticked = count - self._seen
        self._seen = count + 1
        if ticked:
            self._value += ticked
            if self._shared is not None:
                self._shared[0] += ticked

    def show(self, value: float, exemplar: Exemplar | None) -> None:
        """Offer an exemplar for a value that has been added already."""
        number = plain(value)
        if self._filter == "always_off" or not self._floor <= number <= LARGEST:
            return
        try:
            if type(exemplar) is Pending:
                exemplar.hold(self, number)
                if self._unshown is None:
                    return
                exemplar = None
            self._offer = offer(number, exemplar)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.internal_error("metrics", error)

    def place(self, made: Offer) -> None:
        """Show what was added before, now that its trace is kept."""
        self._offer = made

    @property
    def since_ns(self) -> int:
        """When the series began."""
        return self._since_ns

    def share(self, slots: Slots) -> None:
        """Count where other processes read it too, from now on; what there is goes along."""
        with self._plain:
            self._collect()
            slots.value[0] = self._total + self._value
            self._shared = slots.value
            self._shorten()

    def leave(self) -> None:
        """Count for this process alone from now on; what others read there stays as it is."""
        with self._plain:
            self._collect()
            self._shared = None
            self._shorten()

    @property
    def touched(self) -> bool:
        """Whether the sum is, or once was at a collection, other than zero."""
        with self._plain:
            self._collect()
        return self._value != 0 or self._total != 0 or any(part[1] for part in self._parts.values())

    def _drain(self) -> None:
        with self._plain:
            self._collect()
            value, self._value = self._value, 0
            self._total += value
            if self._shared is not None and type(self._total) is float:
                # What others read is the one sum there is: added in other steps it would differ.
                self._total = self._shared[0]
            made, self._offer = self._offer, None
        if made is not None:
            self._exemplars.add({0: made})
        if value != 0:
            for reader, (sofar, _, since) in self._parts.items():
                self._parts[reader] = (sofar + value, True, since)

    def cumulative(self, reader: int, keeps: bool) -> NumberState:
        """Everything since the series began. Called by one collection at a time.

        `keeps` says that the reader shows an exemplar until a newer one takes its place.
        """
        self._drain()
        offers = self._exemplars.shown_to(reader, keeps)
        return NumberState(exportable(self._total), self._since_ns, offers)

    def delta(self, reader: int, keeps: bool, now_ns: int) -> NumberState | None:
        """What came since this reader's last call, or None. Called by one collection at a time."""
        self._drain()
        value, moved, since = self._parts.get(
            reader, (self._total, self._total != 0, self._since_ns)
        )
        self._parts[reader] = (0, False, max(now_ns, since))
        if not moved:
            return None
        return NumberState(exportable(value), since, self._exemplars.shown_to(reader, keeps))


class GaugeCell:
    """One series of a gauge: the value last set, shown until another is."""

    __slots__ = ("_attributes", "_faults", "_shared", "_since_ns", "_value", "_wake")

    def __init__(self, attributes: dict[str, object], faults: Faults) -> None:
        self._attributes = attributes
        self._faults = faults
        self.restart()

    @property
    def attributes(self) -> dict[str, object]:
        """The point's attributes; the same object every time, not to be changed."""
        return self._attributes

    def restart(self, wake: Callable[[], None] | None = None) -> None:
        """Forget the value, as a forked child must; `wake` is called before the next is set."""
        self._since_ns = time_ns()
        self._value: float | None = None
        self._shared: memoryview[float] | None = None
        self._wake = wake

    def sleep(self, wake: Callable[[], None]) -> None:
        """Have `wake` called before the next value is set."""
        self._wake = wake

    def set(self, value: float) -> None:
        """Set the value; what is no finite number is dropped and counted."""
        number = plain(value)
        if not -LARGEST <= number <= LARGEST:
            self._faults.invalid_value(value)
            return
        self._value = number
        shared = self._shared
        if shared is not None:
            shared[0] = number
        wake = self._wake
        if wake is not None:
            self._wake = None
            wake()

    @property
    def since_ns(self) -> int:
        """When the series began."""
        return self._since_ns

    def share(self, slots: Slots) -> None:
        """Set the value where other processes read it too, from now on."""
        self._shared = slots.value
        value = self._value
        if value is not None:
            slots.value[0] = value

    def leave(self) -> None:
        """Set it for this process alone from now on."""
        self._shared = None

    @property
    def touched(self) -> bool:
        """Whether a value was set."""
        return self._value is not None

    def cumulative(self, reader: int, keeps: bool) -> NumberState | None:
        """The value last set, or None before the first."""
        del reader, keeps
        value = self._value
        return None if value is None else NumberState(value, self._since_ns, ())

    def delta(self, reader: int, keeps: bool, now_ns: int) -> NumberState | None:
        """As `cumulative`: a gauge has no difference to tell."""
        del now_ns
        return self.cumulative(reader, keeps)
