"""Whoever lives, dies and votes: a fleet opens by a quorum of the living alone."""

from __future__ import annotations

from collections import Counter

import hypothesis.strategies as st
from hypothesis import given
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ninefold.resilience.breaker import Breaker, Circuit, Permit, Verdict, register
from ninefold.resilience.fleet import Declare, Fleet, Sight, Stay, Trip, count

_NAMES = st.sampled_from("abcdefgh")
_TIMES = st.dictionaries(_NAMES, st.floats(0, 20), max_size=8)
_QUORUMS = st.integers(2, 8) | st.floats(0.01, 1.0)


@given(quorum=_QUORUMS, alive=_TIMES, votes=_TIMES, now=st.floats(0, 20))
def test_a_quorum_is_of_the_living_within_the_life_of_their_votes(
    quorum: int | float, alive: dict[str, float], votes: dict[str, float], now: float
) -> None:
    """As a quorum is defined; and one instance is none, whatever the quorum is."""
    counted = count(quorum, Sight(now, alive, votes, None))
    live = [name for name in alive if alive[name] > now]
    opened = [name for name in live if votes.get(name, 0.0) > now]
    assert (counted.opened, counted.live) == (len(opened), len(live))
    assert counted.is_reached == (len(opened) >= counted.needed)
    assert counted.needed >= 2
    if isinstance(quorum, float):
        assert counted.needed == 2 or (counted.needed - 1) / len(live) < quorum


@given(
    quorum=_QUORUMS,
    alive=_TIMES,
    votes=_TIMES,
    now=st.floats(0, 20),
    sick=_NAMES,
)
def test_one_sick_instance_never_trips_others(
    quorum: int | float, alive: dict[str, float], votes: dict[str, float], now: float, sick: str
) -> None:
    """Its vote alone, for however long, makes no instance do anything."""
    alone = {name: until for name, until in votes.items() if name == sick}
    assert isinstance(Fleet(quorum).see(Sight(now, alive, alone, None)), Stay)


@given(quorum=_QUORUMS, alive=_TIMES, votes=_TIMES, dead=_NAMES, now=st.floats(0, 20))
def test_a_vote_ends_with_its_instance(
    quorum: int | float, alive: dict[str, float], votes: dict[str, float], dead: str, now: float
) -> None:
    """Whether a dead instance voted changes nothing."""
    without = {name: until for name, until in votes.items() if name != dead}
    alive = {**alive, dead: now}
    assert count(quorum, Sight(now, alive, votes, None)) == count(
        quorum, Sight(now, alive, without, None)
    )


class FleetMachine(RuleBasedStateMachine):
    """Four instances with breakers of their own, and a store that all of them look at."""

    instances = "abcd"

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.alive: dict[str, float] = {}
        self.votes: dict[str, float] = {}
        self.verdict: tuple[float, float] | None = None
        self.followed: Counter[tuple[str, float]] = Counter()

    @initialize(quorum=st.integers(2, 4) | st.floats(0.1, 1.0))
    def make(self, quorum: int | float) -> None:
        options = Breaker(min_calls=1, half_open=1, open_for=5, open_cap=20)
        self.quorum = quorum
        self.circuits = {name: Circuit(options, register(name, ())) for name in self.instances}
        self.fleets = {name: Fleet(quorum) for name in self.instances}

    @rule(name=st.sampled_from(instances), verdict=st.sampled_from(Verdict))
    def call(self, name: str, verdict: Verdict) -> None:
        permit = self.circuits[name].acquire(self.now)
        if isinstance(permit, Permit):
            self.circuits[name].release(permit, verdict, 0.0, self.now)

    @rule(step=st.floats(0.1, 8.0))
    def wait(self, step: float) -> None:
        self.now += step

    @rule(name=st.sampled_from(instances))
    def look(self, name: str) -> None:
        circuit = self.circuits[name]
        self.alive[name] = self.now + 3.0
        left = circuit.judged_open(self.now)
        if left is not None:
            self.votes[name] = self.now + left
        standing = self.verdict is not None and self.verdict[1] > self.now
        at = self.verdict[0] if standing and self.verdict is not None else None
        sight = Sight(self.now, dict(self.alive), dict(self.votes), at)
        decision = self.fleets[name].see(sight)
        if isinstance(decision, Declare):
            assert at is None
            assert count(self.quorum, sight).is_reached
            self.verdict = (float(int(self.now)), self.now + 5.0)
        if isinstance(decision, Declare | Trip):
            assert self.verdict is not None
            self.followed[name, self.verdict[1]] += 1
            circuit.trip(self.now, decision.reason)

    @invariant()
    def each_verdict_is_followed_once(self) -> None:
        assert all(times == 1 for times in self.followed.values())

    @invariant()
    def only_a_judgement_of_its_own_is_a_vote(self) -> None:
        for circuit in getattr(self, "circuits", {}).values():
            left = circuit.judged_open(self.now)
            assert left is None or (0 < left <= 20 and circuit.state(self.now) == "open")


TestFleet = FleetMachine.TestCase
