"""Whatever calls come to, in whatever order: a breaker keeps its promises."""

from __future__ import annotations

import threading
from collections import Counter

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ninefold.resilience.breaker import (
    FORCED_CLOSED,
    FORCED_OPEN,
    Breaker,
    Circuit,
    Permit,
    Rejected,
    Transition,
    Verdict,
    register,
)

_VERDICTS = st.sampled_from(Verdict)


class BreakerMachine(RuleBasedStateMachine):
    """Calls that begin, end and are given up in any order, and hands on the breaker."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.entered: list[Transition] = []
        self.under_way: list[tuple[Permit, float]] = []
        # By the permits themselves: an id is given anew.
        self.probes: Counter[Permit] = Counter()
        self.judged: Counter[Permit] = Counter()

    @initialize(
        half_open=st.integers(1, 4),
        slow=st.sampled_from([None, 1.0]),
        shadow=st.booleans(),
        calls=st.sampled_from([None, 6]),
    )
    def make(self, half_open: int, slow: float | None, shadow: bool, calls: int | None) -> None:
        self.options = Breaker(
            min_calls=3,
            half_open=half_open,
            slow=slow,
            shadow=shadow,
            window_calls=calls,
            open_for=4,
            open_cap=10,
        )
        self.circuit = Circuit(self.options, register("machine", ()), self.entered.append)

    def generation(self) -> Permit:
        return self.circuit._permit

    def seen(self) -> tuple[object, ...]:
        """All that a result could move."""
        counted = self.circuit.counted(self.now)
        return (self.circuit.state(self.now), len(self.entered), counted)

    @rule(by=st.sampled_from([0.0, 0.5, 1.0, 4.0, 11.0, 100.0]))
    def wait(self, by: float) -> None:
        self.now += by

    @rule()
    def call(self) -> None:
        shown = self.circuit.state(self.now)
        decision = self.circuit.acquire(self.now)
        if isinstance(decision, Rejected):
            assert shown in ("open", "half_open", "forced_open")
            assert 0 < decision.retry_after <= 10
            assert not self.options.shadow or shown == "forced_open"
        else:
            self.under_way.append((decision, self.now))
            if decision.state == "half_open":
                self.probes[decision] += 1

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), verdict=_VERDICTS)
    def end(self, data: st.DataObject, verdict: Verdict) -> None:
        permit, began = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        before = self.seen()
        stale = permit is not self.generation()
        if verdict is Verdict.SUCCESS:
            self.circuit.succeeded(permit, self.now - began, self.now)
        else:
            self.circuit.release(permit, verdict, self.now - began, self.now)
        if stale:
            assert self.seen() == before, "a result of an older generation moved something"
        elif permit.state == "half_open":
            if verdict is Verdict.NONE:
                self.probes[permit] -= 1
            else:
                self.judged[permit] += 1

    @rule(state=st.sampled_from([FORCED_OPEN, FORCED_CLOSED]))
    def force(self, state: str) -> None:
        self.circuit.force(state, self.now)
        assert self.circuit.state(self.now) == state

    @rule()
    def reset(self) -> None:
        self.circuit.reset(self.now)

    @rule()
    def trip(self) -> None:
        self.circuit.trip(self.now, "others")

    @rule()
    def fork(self) -> None:
        self.circuit.restart()
        # The parent's calls never end in the child.
        self.under_way.clear()

    @invariant()
    def never_more_probes_than_allowed(self) -> None:
        permit = self.generation() if hasattr(self, "circuit") else None
        if permit is not None and permit.state == "half_open":
            assert self.probes[permit] <= self.options.half_open

    @invariant()
    def a_probe_that_returned_its_place_is_not_lost(self) -> None:
        if not hasattr(self, "circuit") or self.generation().state != "half_open":
            return
        permit = self.generation()
        held = sum(one is permit for one, _ in self.under_way)
        free = self.options.half_open - held - self.judged[permit]
        assert self.circuit._given == self.options.half_open - free

    @invariant()
    def the_window_is_bounded_and_sound(self) -> None:
        if hasattr(self, "circuit"):
            total, failed, slow = self.circuit.counted(self.now)
            assert 0 <= failed <= total
            assert 0 <= slow <= total

    @invariant()
    def open_is_entered_for_a_reason(self) -> None:
        assert all(told.reason for told in self.entered)


TestBreakerMachine = BreakerMachine.TestCase
TestBreakerMachine.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)


def test_threads_get_no_more_probes_than_allowed() -> None:
    """Sixteen threads that ask at the same moment share the three places of a half-open breaker."""
    circuit = Circuit(Breaker(min_calls=1, open_for=1), register("threads", ()))
    for round_ in range(50):
        now = round_ * 1000.0
        circuit.trip(now, "the test")
        start = threading.Barrier(16)
        admitted: list[Permit] = []

        def ask(start: threading.Barrier = start, now: float = now) -> None:
            start.wait(10)
            decision = circuit.acquire(now + 100)
            if isinstance(decision, Permit):
                admitted.append(decision)  # noqa: B023 - joined before the next round

        threads = [threading.Thread(target=ask) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert len(admitted) == 3
        for permit in admitted:
            circuit.succeeded(permit, 0.0, now + 100)
        assert circuit.state(now + 100) == "closed"


def test_threads_count_every_result() -> None:
    """What eight threads end at once is all in the window."""
    circuit = Circuit(Breaker(window=60, failure_rate=1.0), register("counted", ()))

    def work() -> None:
        for _ in range(2000):
            permit = circuit.acquire(1.0)
            assert isinstance(permit, Permit)
            circuit.succeeded(permit, 0.0, 1.0)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert circuit.counted(1.0) == (16000, 0, 0)
