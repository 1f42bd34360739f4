"""Deferral: spans wait here until their part of a trace has ended, and then go or are let go.

Pure: spans are whatever the driver says, time comes in as a number. Nothing of the driver's is
called under the lock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import RLock
from typing import Final, Generic, TypeVar

from ninefold.sampling._keep import Buffer, Keep
from ninefold.sampling._part import Outcome, Part, Reason, Released

__all__ = ["Deferral"]

S = TypeVar("S")
BY_ERROR: Final = "error"
BY_TIME: Final = "slow"


class Deferral(Generic[S]):
    """Holds the ended spans of parts that are undecided, within the bounds of `buffer`.

    A part is decided by its first error, by its first span's duration, or when no span of it is
    unended; at the latest `grace` seconds after its first span ended. What a span weighs is what
    `weigh` says, in bytes. Memory of what was released stays counted until the driver says `gone`.
    """

    __slots__ = (
        "_buffer",
        "_due",
        "_each",
        "_errors",
        "_held",
        "_lock",
        "_most",
        "_slower",
        "_weigh",
        "bytes",
    )

    def __init__(self, keep: Keep, buffer: Buffer, weigh: Callable[[S], int]) -> None:
        self._weigh = weigh
        self._errors = keep.errors
        self._slower = float("inf") if keep.slower_than is None else keep.slower_than
        self._buffer = buffer
        self._each = buffer.per_trace
        self._most = buffer.max_bytes
        # Re-entrant: a finalizer may end a span while its own thread is in here.
        self._lock = RLock()
        # Those that hold spans, the longest first.
        self._held: dict[Part[S], None] = {}
        self._due: deque[tuple[float, Part[S]]] = deque()
        self.bytes = 0
        """What is held, and what is released and not yet gone."""

    @staticmethod
    def begin(rule: str, sampled: bool, now: float) -> Part[S]:
        """A part of a trace begins here, decided on at first by `rule`."""
        return Part(rule, sampled, now)

    def put(self, part: Part[S], number: int, span: S, now: float) -> bool:
        """A span ended that is no error: whether it waits with the others, as most do.

        Where it does not, it is as if nothing had been said: ask `ended`.
        """
        if number == part.first:
            return False
        unended = part.unended
        with self._lock:
            # Not before: of two that end at once the first would find nothing unended, and decide
            # without the other, which may be the error.
            unended.discard(number)
            spans = part.spans
            if not part.waiting or not unended or len(spans) >= self._each:
                return False
            weight = self._weigh(span)
            total = self.bytes + weight
            if total > self._most:
                return False
            if not spans:
                part.held_at = now
                self._held[part] = None
            spans.append((span, weight))
            part.bytes += weight
            self.bytes = total
        return True

    def let_go(self, part: Part[S], number: int, seconds: float) -> bool:
        """A part's first span ended, which is no error: whether nothing speaks for the part.

        Where it is not let go, it is as if nothing had been said: ask `ended`.
        """
        if part.sampled or seconds >= self._slower:
            return False
        unended = part.unended
        with self._lock:
            unended.discard(number)
            if unended or not part.waiting:
                return False
            part.waiting = False
            if part.spans:
                self._forget(part)
        return True

    def ended(
        self,
        part: Part[S],
        number: int,
        span: S,
        now: float,
        *,
        error: bool,
        seconds: float,
        route: tuple[str, int] | None = None,
    ) -> Outcome[S] | None:
        """A span of a part ended, which lasted so many seconds; None where nothing comes of it.

        `route` is what a rule by route says when the first span has ended: the rule's name and the
        threshold that this trace has reached.
        """
        if not (error and self._errors):
            if number != part.first:
                if self.put(part, number, span, now):
                    return None
            elif route is None and self.let_go(part, number, seconds):
                events: Outcome[S] = Outcome()
                events.decide(part)
                return events
        events = Outcome()
        with self._lock:
            part.unended.discard(number)
            if part.waiting:
                self._decide(part, number, span, now, error, seconds, route, events)
            if part.kept:
                weight = self._weigh(span)
                self.bytes += weight
                events.release(Released(part, part.told, [(span, weight)]))
            if self.bytes > self._most:
                self._shed(now, events)
        return events

    def _decide(
        self,
        part: Part[S],
        number: int,
        span: S,
        now: float,
        error: bool,
        seconds: float,
        route: tuple[str, int] | None,
        events: Outcome[S],
    ) -> None:
        first = number == part.first
        if error and self._errors:
            self._keep(part, BY_ERROR, 0, events)
        elif first and seconds >= self._slower:
            self._keep(part, BY_TIME, 0, events)
        elif first and route is not None:
            self._keep(part, route[0], route[1], events)
        elif not part.unended:
            self._close(part, events)
        else:
            self._hold(part, span, now, events)
            if first:
                self._due.append((now + self._buffer.grace, part))

    def sweep(self, now: float) -> Outcome[S]:
        """Decide what has waited long enough; to be called every now and then."""
        events: Outcome[S] = Outcome()
        with self._lock:
            due = self._due
            while due and due[0][0] <= now:
                part = due.popleft()[1]
                if part.waiting:
                    self._close(part, events)
            oldest = now - self._buffer.max_age
            while self._held:
                part = next(iter(self._held))
                if part.held_at > oldest:
                    break
                self._give_up(part, "buffer_age", now, events)
        return events

    def close(self, now: float) -> Outcome[S]:
        """Decide on everything as it is now: the end of the process."""
        events: Outcome[S] = Outcome()
        with self._lock:
            for part in list(self._held):
                if now - part.began >= self._slower:
                    self._keep(part, BY_TIME, 0, events)
                else:
                    self._close(part, events)
            self._due.clear()
        return events

    def restart(self) -> None:
        """Hold nothing, under a lock that nobody has, as a forked child must."""
        self._lock = RLock()
        self._held.clear()
        self._due.clear()
        self.bytes = 0

    def gone(self, weight: int) -> None:
        """So many bytes of what was released are somebody else's now."""
        with self._lock:
            self.bytes -= weight

    @property
    def waiting(self) -> int:
        """How many parts hold spans."""
        return len(self._held)

    def _hold(self, part: Part[S], span: S, now: float, events: Outcome[S]) -> None:
        if len(part.spans) >= self._each:
            if not part.sampled:
                events.lose("buffer_spans", 1)
                return
            self._release(part, None, events)
        if not part.spans:
            part.held_at = now
            self._held[part] = None
        weight = self._weigh(span)
        part.spans.append((span, weight))
        part.bytes += weight
        self.bytes += weight

    def _keep(self, part: Part[S], rule: str, threshold: int, events: Outcome[S]) -> None:
        part.waiting, part.kept, part.told = False, True, threshold
        part.failed = rule == BY_ERROR
        if not part.sampled:
            part.rule = rule
        events.decide(part)
        self._release(part, threshold, events)

    def _close(self, part: Part[S], events: Outcome[S]) -> None:
        """Nothing speaks for it any more: the first decision holds."""
        events.decide(part)
        part.waiting, part.kept = False, part.sampled
        if part.sampled:
            self._release(part, None, events)
        else:
            self._forget(part)

    def _release(self, part: Part[S], threshold: int | None, events: Outcome[S]) -> None:
        spans = part.spans
        if spans:
            # Still counted: they are there until they are gone.
            part.spans, part.bytes = [], 0
            self._held.pop(part, None)
            events.release(Released(part, threshold, spans))

    def _forget(self, part: Part[S]) -> int:
        found = len(part.spans)
        if found:
            self.bytes -= part.bytes
            part.spans, part.bytes = [], 0
            self._held.pop(part, None)
        return found

    def _shed(self, now: float, events: Outcome[S]) -> None:
        """Give up the oldest, until there is room. Errors are not among them: they are released.

        Where that is not enough, for what is released takes room until it is out, the oldest of
        what is released now is lost; of an error's trace only where there is nothing else.
        """
        while self.bytes > self._most and self._held:
            self._give_up(next(iter(self._held)), "buffer_bytes", now, events)
        if self.bytes <= self._most:
            return
        lost = 0
        left: list[Released[S]] = []
        for released in sorted(events.released or (), key=lambda each: each.part.failed):
            first = 0
            for _, weight in released.spans:
                if self.bytes <= self._most:
                    break
                self.bytes -= weight
                first += 1
            lost += first
            if first < len(released.spans):
                left.append(released._replace(spans=released.spans[first:]) if first else released)
        events.released = left
        if lost:
            events.lose("buffer_bytes", lost)

    def _give_up(self, part: Part[S], reason: Reason, now: float, events: Outcome[S]) -> None:
        if part.sampled:
            self._release(part, None, events)
        elif now - part.began >= self._slower:
            # Its first span is slow already.
            self._keep(part, BY_TIME, 0, events)
        else:
            events.lose(reason, self._forget(part))
