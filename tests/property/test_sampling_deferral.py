"""Deferral loses nothing that it does not count, and holds no more than was allowed."""

from __future__ import annotations

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ninefold.sampling import Buffer, Deferral, Keep, Outcome, Part

_MB = 1_000_000
Span = tuple[int, int]


class Deferrals(RuleBasedStateMachine):
    """Spans start and end in any order, time passes, and what was released goes or stays."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.parts: list[Part[Span]] = []
        self.unended: list[list[int]] = []
        self.numbers: list[int] = []
        self.ended: Counter[int] = Counter()
        self.lost = 0
        self.weights: dict[Span, int] = {}
        self.waiting: list[int] = []
        self.seen: set[Span] = set()

    @initialize(
        errors=st.booleans(),
        slower=st.none() | st.floats(0.5, 20),
        most=st.integers(1, 6),
        each=st.integers(1, 5),
        grace=st.floats(0.5, 3),
        age=st.floats(1, 10),
    )
    def begin(
        self, errors: bool, slower: float | None, most: int, each: int, grace: float, age: float
    ) -> None:
        """Any settings."""
        self.errors, self.most = errors, most * _MB
        self.engine: Deferral[Span] = Deferral(
            Keep(errors=errors, slower_than=slower),
            Buffer(max_mb=most, per_trace=each, grace=grace, max_age=age),
            self.weights.__getitem__,
        )

    @rule(sampled=st.booleans())
    def trace(self, sampled: bool) -> None:
        """A trace begins."""
        part = self.engine.begin("default", sampled, self.now)
        part.joined(1)
        self.parts.append(part)
        self.unended.append([1])
        self.numbers.append(1)

    @precondition(lambda self: self.parts)
    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        """Another span of one of them starts, be it late."""
        place = data.draw(st.integers(0, len(self.parts) - 1))
        self.numbers[place] += 1
        self.parts[place].joined(self.numbers[place])
        self.unended[place].append(self.numbers[place])

    @precondition(lambda self: any(self.unended))
    @rule(
        data=st.data(),
        error=st.booleans(),
        weight=st.integers(1, _MB),
        seconds=st.floats(0, 30),
        route=st.none() | st.just(("by route", 7)),
    )
    def end(
        self,
        data: st.DataObject,
        error: bool,
        weight: int,
        seconds: float,
        route: tuple[str, int] | None,
    ) -> None:
        """A span ends."""
        place = data.draw(st.sampled_from([n for n, each in enumerate(self.unended) if each]))
        number = data.draw(st.sampled_from(self.unended[place]))
        self.unended[place].remove(number)
        part, span = self.parts[place], (place, number)
        self.weights[span] = weight
        waited = part.waiting
        outcome = self.engine.ended(
            part, number, span, self.now, error=error, seconds=seconds, route=route
        )
        self.ended[place] += 1
        self.take(outcome)
        if error and self.errors and waited:
            assert part.kept
            if outcome is not None and not outcome.lost:
                assert span in self.seen

    @rule(seconds=st.floats(0.01, 5))
    def passes(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds

    @rule()
    def sweep(self) -> None:
        """The driver looks."""
        self.take(self.engine.sweep(self.now))

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def gone(self, data: st.DataObject) -> None:
        """The exporter took some."""
        for weight in self.waiting[: data.draw(st.integers(1, len(self.waiting)))]:
            self.engine.gone(weight)
            self.waiting.remove(weight)

    def take(self, outcome: Outcome[Span] | None) -> None:
        """What came out comes once, and only of what is kept or was sampled."""
        if outcome is None:
            return
        for released in outcome.released or ():
            assert released.part.kept or released.part.sampled
            assert released.spans
            for span, weight in released.spans:
                assert span not in self.seen
                assert weight == self.weights[span]
                self.seen.add(span)
                self.waiting.append(weight)
        self.lost += sum(spans for _, spans in outcome.lost or ())
        assert all(spans > 0 for _, spans in outcome.lost or ())
        for part in outcome.decided or ():
            assert not part.waiting

    @invariant()
    def no_more_than_allowed(self) -> None:
        """In bytes, and they are those that are there."""
        if hasattr(self, "engine"):
            assert sum(self.waiting) <= self.engine.bytes <= self.most

    def teardown(self) -> None:
        """At the end every span is somewhere: out, lost and counted, or of a trace let go."""
        if not hasattr(self, "engine"):
            return
        self.take(self.engine.close(self.now))
        assert self.engine.bytes == sum(self.waiting)
        assert self.engine.waiting == 0
        unaccounted = sum(self.ended.values()) - len(self.seen) - self.lost
        let_go = sum(
            self.ended[place]
            for place, part in enumerate(self.parts)
            if not part.sampled and not part.kept
        )
        assert 0 <= unaccounted <= let_go


TestDeferrals = Deferrals.TestCase
TestDeferrals.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
