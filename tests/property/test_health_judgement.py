"""Whatever probes find and calls come to: how a dependency is judged, and the service with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, get_args

import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import ninefold as nf
from ninefold.health._gate import Gate, Startup
from ninefold.health._graph import is_indirect, refuse_cycle
from ninefold.health._model import LEVELS, Finding, Judged, Level, Patience, Place, Probed, State
from ninefold.health._node import Node
from ninefold.health._rollup import overlaid, roll_up
from ninefold.health._series import Series
from ninefold.health._standing import Standing
from ninefold.health._traffic import SPAN, Calls, Traffic

STATES: Final[tuple[State, ...]] = get_args(State)
BUDGET = 0.5

# What a probe finds, beside the level that it is then.
FOUND: Final[dict[str, tuple[Level, Probed]]] = {
    "up": ("up", Probed(0, 0.01, "success", Finding())),
    "all": ("up", Probed(0, 0.01, "success", Finding(up=3, of=3))),
    "degraded": ("degraded", Probed(0, 0.01, "success", Finding("degraded"))),
    "slow": ("degraded", Probed(0, 0.6, "success", Finding())),
    "most": ("degraded", Probed(0, 0.01, "success", Finding(up=2, of=3))),
    "down": ("down", Probed(0, 0.01, "success", Finding("down"))),
    "few": ("down", Probed(0, 0.01, "success", Finding(up=1, of=3))),
    "failed": ("down", Probed(0, 0.01, "failure", error="OSError")),
    "late": ("down", Probed(0, 2.0, "timeout")),
    "stuck": ("down", Probed(0, 2.0, "timeout", stuck=True)),
}
LIKE: Final[dict[Level, list[str]]] = {
    level: [name for name, (found, _) in FOUND.items() if found == level] for level in LEVELS
}
founds = st.sampled_from(LEVELS).flatmap(lambda level: st.sampled_from(LIKE[level]))
patiences = st.builds(
    Patience,
    fail_after=st.integers(1, 4),
    recover_after=st.integers(1, 4),
    latency_budget=st.just(BUDGET),
)


def probed(found: str, at: float) -> Probed:
    """A probe that ends at this time."""
    like = FOUND[found][1]
    return replace(like, at=at - like.took)


class StandingMachine(RuleBasedStateMachine):
    """Probes of one or several checks, calls, and time, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0
        self.standing: Standing | None = None

    @initialize(patience=patiences, checks=st.integers(1, 3))
    def begin(self, patience: Patience, checks: int) -> None:
        self.patience = patience
        self.began = self.now
        self.standing = Standing(patience, checks, self.now)
        self.found: list[list[int]] = [[] for _ in range(checks)]
        self.level: list[int | None] = [None] * checks
        self.told: list[float | None] = [None] * checks
        self.calls = Calls()
        self.good_at = 0.0
        self.failing_since: list[float | None] = [None] * checks

    @property
    def kept(self) -> float:
        return 3 * self.patience.period + self.patience.patience

    def is_stale(self, number: int) -> bool:
        told = self.told[number]
        return told is not None and self.now - told > self.kept

    @rule(data=st.data(), found=founds)
    def probe(self, data: st.DataObject, found: str) -> None:
        number = data.draw(st.integers(0, len(self.found) - 1))
        self.take(number, found)

    @rule(data=st.data(), found=st.lists(founds, min_size=2, max_size=6))
    def confirm(self, data: st.DataObject, found: list[str]) -> None:
        """Several probes of one check after each other, as one that is not sure has them."""
        number = data.draw(st.integers(0, len(self.found) - 1))
        for each in found:
            self.take(number, each)

    def take(self, number: int, found: str) -> None:
        assert self.standing is not None
        self.now += 1
        self.standing.series[number].take(probed(found, self.now))
        self.told[number] = self.now
        level, like = FOUND[found]
        self.found[number].append(LEVELS.index(level))
        self.level[number] = believed(self.found[number], self.level[number], self.patience)
        if level != "down" and self.level[number] != 2:
            self.failing_since[number] = None
        elif self.failing_since[number] is None:
            self.failing_since[number] = self.now - like.took

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """What was cancelled is no evidence."""
        assert self.standing is not None
        series = self.standing.series[data.draw(st.integers(0, len(self.found) - 1))]
        before = (series.level, series.is_unconfirmed(), series.is_flapping)
        series.take(Probed(self.now, 0.0, "cancelled"))
        assert (series.level, series.is_unconfirmed(), series.is_flapping) == before

    @rule(by=st.sampled_from([0.0, 1.0, 5.0, 10.0, 33.0, 100.0]))
    def wait(self, by: float) -> None:
        self.now += by

    @rule(
        good=st.integers(0, 9),
        bad=st.integers(0, 9),
        refused=st.integers(0, 2),
        refusing=st.booleans(),
    )
    def call(self, good: int, bad: int, refused: int, refusing: bool) -> None:
        assert self.standing is not None
        self.now += 1
        was = self.calls
        if good:
            self.good_at = self.now
        self.calls = Calls(
            was.good + good, was.bad + bad, was.refused + refused, is_refusing=refusing
        )
        self.standing.traffic.look(self.now, self.calls)

    @precondition(lambda self: self.standing is not None)
    @invariant()
    def a_level_is_what_was_found_often_enough(self) -> None:
        """As a sliding window says, which knows of no runs."""
        assert self.standing is not None
        for series, level in zip(self.standing.series, self.level, strict=True):
            assert series.level == (None if level is None else LEVELS[level])

    @precondition(lambda self: self.standing is not None)
    @invariant()
    def unconfirmed_is_what_differs_from_what_is_believed(self) -> None:
        """So the same finding that confirms a level leaves nothing to be confirmed."""
        assert self.standing is not None
        for series, found, level in zip(self.standing.series, self.found, self.level, strict=True):
            assert series.is_unconfirmed() == (bool(found) and found[-1] != level)

    @precondition(lambda self: self.standing is not None)
    @invariant()
    def to_judge_changes_nothing(self) -> None:
        assert self.standing is not None
        assert self.standing.judge(self.now) == self.standing.judge(self.now)

    @precondition(lambda self: self.standing is not None)
    @invariant()
    def a_state_has_its_reason_in_what_is_known(self) -> None:
        assert self.standing is not None
        standing = self.standing
        judged = standing.judge(self.now)
        stale = [number for number in range(len(self.level)) if self.is_stale(number)]
        known = [
            (level, standing.series[number])
            for number, level in enumerate(self.level)
            if level is not None and number not in stale
        ]
        says = standing.traffic.says(self.now)
        if not known and (stale or self.now - self.began > self.kept):
            assert judged.state == "unknown"
            assert "stale" in judged.notes
            return
        assert "stale" not in judged.notes
        assert judged.state != "unknown"
        assert (judged.state == "starting") == (not known and says != "failing")
        if says == "failing":
            assert judged.state == "down"
        if judged.state == "down" and says != "failing":
            assert any(level == 2 for level, _ in known)
        if known and says != "failing":
            well = all(level == 0 and not series.is_flapping for level, series in known)
            assert (judged.state == "up") == well
        assert ("passive" in judged.notes) <= (says == "failing")
        if "probe-suspect" in judged.notes:
            assert (judged.state, says) == ("degraded", "succeeding")
            # What succeeded before probes began to fail says nothing.
            assert self.good_at > min(since for since in self.failing_since if since is not None)
        assert judged.state == "up" or judged.reason


def believed(found: Sequence[int], before: int | None, patience: Patience) -> int | None:
    """What a window says: all of the last so many are so bad, or worse, or so well, or better."""
    bad, good = found[-patience.fail_after :], found[-patience.recover_after :]
    if before is None:
        if found[-1] == 0:
            return 0
        return min(bad) if len(bad) == patience.fail_after else None
    if len(bad) == patience.fail_after and min(bad) > before:
        return min(bad)
    if len(good) == patience.recover_after and max(good) < before:
        return max(good)
    return before


TestStandingMachine = StandingMachine.TestCase
TestStandingMachine.settings = settings(
    max_examples=150, stateful_step_count=50, deadline=None, print_blob=True
)


@given(st.lists(st.sampled_from(LEVELS), max_size=40), patiences)
@example(["down", "down", "degraded", "up", "up"], Patience(fail_after=2, recover_after=2))
@example(["up", "degraded", "down", "down"], Patience(fail_after=2, recover_after=2))
@example(["degraded", "down", "down"], Patience(fail_after=2, recover_after=2))
def test_what_is_believed_is_what_a_window_says(found: list[Level], patience: Patience) -> None:
    """Probe after probe: the best of the last so many, once they are worse; and the other way."""
    series, levels, wanted = Series(patience), list[int](), None
    for each in found:
        series.take(probed(each, 0.0))
        levels.append(LEVELS.index(each))
        wanted = believed(levels, wanted, patience)
        assert series.level == (None if wanted is None else LEVELS[wanted])
        assert series.is_unconfirmed() == (levels[-1] != wanted)


@given(st.lists(founds, max_size=60), patiences)
def test_nothing_changes_before_it_was_confirmed(found: list[str], patience: Patience) -> None:
    """Not down before so many in a row were not up; nor up again before so many were."""
    series, levels = Series(patience), list[Level]()
    for each in found:
        before = series.level
        series.take(probed(each, 0.0))
        levels.append(FOUND[each][0])
        if series.level == before or series.level is None:
            continue
        if before is None or LEVELS.index(series.level) > LEVELS.index(before):
            wanted = patience.fail_after
            assert series.level == "up" or "up" not in levels[-wanted:]
            assert series.level == "up" or len(levels) >= wanted
        elif series.level == "up":
            assert set(levels[-patience.recover_after :]) == {"up"}
        else:
            assert "down" not in levels[-patience.recover_after :]


@given(
    st.builds(
        Patience,
        fail_after=st.integers(2, 4),
        recover_after=st.integers(1, 4),
        latency_budget=st.just(BUDGET),
    ),
    st.sampled_from([each for each, (level, _) in FOUND.items() if level == "down"]),
    st.integers(2, 100),
    st.booleans(),
)
@example(Patience(), "failed", 5, False)
@example(Patience(), "failed", 6, False)
@example(Patience(), "late", 5, True)
@example(Patience(), "late", 6, True)
def test_one_that_flaps_is_never_down(
    patience: Patience, bad: str, probes: int, fails_first: bool
) -> None:
    """Every other probe fails: it is degraded after a while, and that is all that ever changes."""
    standing = Standing(patience, 1, 0.0)
    states: list[State] = []
    for number in range(probes):
        found = bad if number % 2 == (0 if fails_first else 1) else "up"
        standing.series[0].take(probed(found, float(number)))
        judged = standing.judge(float(number))
        assert ("flapping" in judged.notes) == standing.series[0].is_flapping
        if not states or states[-1] != judged.state:
            states.append(judged.state)
    assert states in (
        ["starting", "up"],
        ["starting", "up", "degraded"],
        ["up"],
        ["up", "degraded"],
    )
    assert (states[-1] == "degraded") == (probes >= 6)


def test_one_outage_is_no_flapping_and_calm_probes_end_it() -> None:
    """Down and up again are two changes; one that flapped is trusted once no more are left."""
    series = Series(Patience())
    for found in ["up"] * 5 + ["failed"] * 5 + ["up"] * 5:
        series.take(probed(found, 0.0))
        assert not series.is_flapping
    for found in ["failed", "up"] * 4:
        series.take(probed(found, 0.0))
    assert series.is_flapping
    calm = 0
    while series.is_flapping:
        series.take(probed("up", 0.0))
        calm += 1
    # Three of the last ten are of before then: two changes are left.
    assert calm == 7


@given(patiences, founds, st.integers(1, 3), st.floats(0.001, 1e6))
def test_what_is_stale_is_unknown(
    patience: Patience, found: str, checks: int, later: float
) -> None:
    """However it was: once three intervals have brought no more results, nothing is known."""
    standing = Standing(patience, checks, 0.0)
    for series in standing.series:
        for _ in range(4):
            series.take(probed(found, 50.0))
    kept = 50.0 + 3 * patience.period + patience.patience
    assert (
        standing.judge(kept - 0.001).state
        == {
            "up": "up",
            "degraded": "degraded",
            "down": "down",
        }[FOUND[found][0]]
    )
    judged = standing.judge(kept + later)
    assert (judged.state, judged.notes) == ("unknown", ("stale",))


@given(st.sampled_from(LIKE["down"]), st.integers(1, 4), st.integers(1, 100))
def test_calls_from_before_an_outage_say_nothing_of_it(found: str, times: int, good: int) -> None:
    """One that succeeds while probes fail does: then it is the probe that is suspected."""
    standing = Standing(Patience(fail_after=times), 1, 0.0)
    standing.traffic.look(1.0, Calls(good=good))
    for number in range(times):
        standing.series[0].take(probed(found, 3.5 + number / 10))
    standing.traffic.look(4.0, Calls(good=good))
    assert standing.judge(4.0).state == "down"
    standing.traffic.look(5.0, Calls(good=good + 1))
    judged = standing.judge(5.0)
    assert judged.state == "degraded"
    assert "probe-suspect" in judged.notes


# Traffic


@dataclass(frozen=True)
class Passed:
    """What happened until the next look."""

    seconds: float
    good: int
    bad: int
    refused: int
    refusing: bool


passed = st.lists(
    st.builds(
        Passed,
        # It is looked at every second or so.
        st.floats(0.5, 20.0),
        st.integers(0, 20) | st.just(0),
        st.integers(0, 20) | st.just(0),
        st.integers(0, 2),
        st.booleans() | st.just(False),
    ),
    min_size=1,
    max_size=40,
)


@given(passed, st.sampled_from([1.0, 5.0, 30.0]), st.floats(0.0, 60.0), st.floats(0.0, 30.0))
@example([Passed(1.0, 0, 9, 0, False), Passed(11.0, 1, 0, 0, False)], 30.0, 0.0, 0.0)
def test_calls_say_only_what_they_were(
    steps: list[Passed], open_for: float, later: float, ago: float
) -> None:
    """Nothing once they are old, never that they succeed while all that came since has failed."""
    traffic, now = Traffic(), 1000.0
    good = bad = refused = 0
    at: list[tuple[float, Passed]] = []
    last: float | None = None
    failing = False
    for step in steps:
        now += step.seconds
        good, bad, refused = good + step.good, bad + step.bad, refused + step.refused
        if step.good or step.bad or step.refused:
            last = now
        at.append((now, step))
        traffic.look(now, Calls(good, bad, refused, is_refusing=step.refusing, open_for=open_for))
        failing = fails(at, failing)
        if last is not None and now - last < open_for:
            assert (traffic.says(now) == "failing") == failing
        assert_sound(traffic, now, at, last, open_for, now - ago)
    assert_sound(traffic, now + later, at, last, open_for, now - ago)


def fails(at: list[tuple[float, Passed]], failed: bool) -> bool:
    """Half of five or more fail; until less than a quarter does, or of fewer one succeeds."""
    now, latest = at[-1]
    good = sum(step.good for when, step in at if when > now - SPAN)
    bad = sum(step.bad for when, step in at if when > now - SPAN)
    if good + bad < 5:
        return latest.refusing or (failed and good == 0)
    return latest.refusing or bad / (good + bad) >= (0.25 if failed else 0.5)


def assert_sound(
    traffic: Traffic,
    now: float,
    at: list[tuple[float, Passed]],
    last: float | None,
    open_for: float,
    since: float,
) -> None:
    """What is said now is what the calls of the last seconds were."""
    said = traffic.says(now)
    assert traffic.says(now) == said
    if last is None or now - last >= open_for:
        assert said is None
        assert traffic.says(now, since=since) is None
        return
    for start, told in (
        (now - SPAN, said),
        (max(now - SPAN, since), traffic.says(now, since=since)),
    ):
        good = sum(step.good for when, step in at if when > start)
        bad = sum(step.bad for when, step in at if when > start)
        if told == "succeeding":
            assert good > bad
            assert not at[-1][1].refusing
        elif told is None:
            assert good <= bad
    if at[-1][1].refusing:
        assert said == "failing"
    if said == "failing" and not at[-1][1].refusing:
        assert any(step.bad or step.refusing for _, step in at)


@given(passed)
def test_what_happened_since_is_never_more_than_what_happened(steps: list[Passed]) -> None:
    """Counts since a moment are never negative, and the later it is the fewer."""
    traffic, now, good, bad = Traffic(), 0.0, 0, 0
    for step in steps:
        now += step.seconds
        good, bad = good + step.good, bad + step.bad
        traffic.look(now, Calls(good, bad))
        before = (good, bad)
        for start in range(-1, int(now) + 2):
            found = traffic._between(float(start))
            assert found >= (0, 0)
            assert found[0] <= before[0]
            assert found[1] <= before[1]
            before = found
        assert traffic._between(now) == (0, 0)


# The service


@st.composite
def graphs(draw: st.DrawFn) -> list[Node]:
    """Dependencies that stand on each other without a cycle, and are as they are."""
    names = [f"d{number}" for number in range(draw(st.integers(0, 7)))]
    nodes: list[Node] = []
    for number, name in enumerate(names):
        further = [*names[number + 1 :], "elsewhere"]
        is_checked = draw(st.booleans())
        state = draw(
            st.sampled_from(STATES if is_checked else ("unknown", "unknown", "up", "down"))
        )
        nodes.append(
            Node(
                Place(
                    name=name,
                    role=draw(st.sampled_from([None, None, "critical", "optional"])),
                    scope=draw(st.sampled_from(["shared", "local"])),
                    upstreams=tuple(draw(st.lists(st.sampled_from(further), unique=True))),
                ),
                Judged(state, (), "" if state == "up" else "so it is", draw(causes)),
                is_checked=is_checked,
            )
        )
    return draw(st.permutations(nodes))


causes = st.sampled_from([None, None, "postgres"])


def through_others(nodes: Sequence[Node]) -> set[str]:
    """Those of which nothing is said, and that another one names."""
    return {
        node.place.name
        for node in nodes
        if node.place.role is None
        and any(node.place.name in other.place.upstreams for other in nodes)
    }


def below(nodes: Sequence[Node], name: str) -> set[str]:
    """All that it stands on, however deep, itself included."""
    upstreams = {node.place.name: node.place.upstreams for node in nodes}
    found: set[str] = set()
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each not in found and each in upstreams:
            found.add(each)
            waiting += upstreams[each]
    return found


def length(by_name: Mapping[str, Node], judged: Mapping[str, Judged], name: str) -> int:
    """How many there are on the longest way down through those that are not well."""
    ways = [
        length(by_name, judged, upstream)
        for upstream in by_name[name].place.upstreams
        if upstream in by_name and judged[upstream].state in ("down", "degraded")
    ]
    return 1 + max(ways, default=0)


def inherited(nodes: Sequence[Node], node: Node) -> str:
    """How a dependency counts: of one that nothing is known of, what it stands on tells."""
    if node.is_checked or node.judged.state != "unknown":
        return node.judged.state
    upstreams = [other for other in nodes if other.place.name in node.place.upstreams]
    if any(inherited(nodes, other) in ("down", "degraded") for other in upstreams):
        return "degraded"
    return "unknown"


@given(graphs())
def test_only_what_is_local_and_critical_takes_readiness(nodes: list[Node]) -> None:
    """Once started: what is optional, shared, or behind others takes no instance away."""
    overall = roll_up(nodes, started=True)
    takes = [
        node
        for node in nodes
        if node.judged.state == "down"
        and node.place.scope == "local"
        and node.place.role != "optional"
        and node.place.name not in through_others(nodes)
    ]
    assert overall.ready == (not takes)
    assert overall.live
    assert overall.started
    if takes:
        assert overall.status == "DOWN"


@given(graphs(), st.booleans(), st.sampled_from([None, "it is blocked"]), st.booleans())
def test_drain_heartbeat_and_gate_take_readiness_and_only_a_heartbeat_liveness(
    nodes: list[Node], started: bool, dead: str | None, draining: bool
) -> None:
    """Whatever the dependencies are."""
    before = roll_up(nodes, started=started)
    overall = overlaid(before, dead=dead, draining=draining)
    assert overall.live == (dead is None)
    assert overall.started == started
    if dead is not None or draining or not started:
        assert not overall.ready
    else:
        assert overall == before
    if dead is not None:
        assert (overall.status, overall.notes, overall.reason) == ("DOWN", ("heartbeat",), dead)
    elif draining:
        assert overall.status == "DRAINING"
    elif not started:
        assert overall.status == "STARTING"
    assert overall.judged == before.judged


def node(name: str, state: State, *upstreams: str, is_checked: bool = True) -> Node:
    """One that nothing else is said of."""
    return Node(Place(name=name, upstreams=upstreams), Judged(state, (), "so"), is_checked)


CHAIN = [
    node("a", "unknown", "b", is_checked=False),
    node("b", "unknown", "c", is_checked=False),
    node("c", "down"),
]


@given(graphs())
@example(CHAIN)
def test_it_is_up_if_nothing_is_wrong_and_only_then(nodes: list[Node]) -> None:
    """What counts through others alone is wrong where those are; what is unchecked may be quiet."""
    overall = roll_up(nodes, started=True)
    counted = [node for node in nodes if node.place.name not in through_others(nodes)]
    wrong = [
        node
        for node in counted
        if inherited(nodes, node) in ("down", "degraded")
        or (node.judged.state == "unknown" and node.is_checked)
    ]
    assert (overall.status == "UP") == (not wrong)
    assert (overall.status == "UP") == (overall.cause is None)
    assert bool(overall.reason) == bool(wrong)
    down = [n for n in counted if n.judged.state == "down" and n.place.role != "optional"]
    assert (overall.status == "DOWN") == bool(down)
    assert ("fail-open" in overall.notes) == (bool(down) and overall.ready)


@given(graphs(), st.booleans())
@example(CHAIN, True)
def test_the_root_cause_is_the_end_of_a_way_down(nodes: list[Node], started: bool) -> None:
    """It is not up, what decided stands on it or is it, and it stands on nothing that is wrong."""
    overall = roll_up(nodes, started=started)
    judged = overall.judged or {}
    assert set(judged) == {node.place.name for node in nodes}
    for node in nodes:
        assert judged[node.place.name].state == inherited(nodes, node)
    if overall.cause is None:
        assert not overall.affected
        return
    by_name = {node.place.name: node for node in nodes}
    cause, _, own = overall.cause.partition(" > ")
    assert own == (judged[cause].cause or "")
    assert judged[cause].state != "up"
    decided = [name for name in by_name if f"{name} is " in overall.reason]
    ways = {name: length(by_name, judged, name) for name in decided}
    assert any(cause in below(nodes, name) and ways[name] == max(ways.values()) for name in decided)
    for upstream in by_name[cause].place.upstreams:
        assert upstream not in judged or judged[upstream].state not in ("down", "degraded")
    assert list(overall.affected) == sorted(
        name
        for name in by_name
        if name != cause and judged[name].state != "up" and cause in below(nodes, name)
    )


@given(graphs(), st.randoms(use_true_random=False))
def test_the_order_of_declaration_decides_nothing_but_ties(
    nodes: list[Node], random: object
) -> None:
    """The status, readiness and each one's state are the same, however they are listed."""
    other = list(nodes)
    random.shuffle(other)  # type: ignore[attr-defined]  # Hypothesis's own Random
    one, two = roll_up(nodes, started=True), roll_up(other, started=True)
    assert (one.status, one.ready, one.notes) == (two.status, two.ready, two.notes)
    assert (one.judged, is_indirect(n.place for n in nodes)) == (
        two.judged,
        is_indirect(n.place for n in other),
    )


@given(graphs())
def test_who_counts_through_others_is_named_and_not_spoken_for(nodes: list[Node]) -> None:
    """And as soon as a role is said of it, it counts by itself."""
    places = [node.place for node in nodes]
    found = is_indirect(places)
    assert found == through_others(nodes)
    assert is_indirect(replace(each, role=each.role or "critical") for each in places) == set()
    named = {upstream for each in places for upstream in each.upstreams}
    assert found <= named


@st.composite
def declarations(draw: st.DrawFn) -> list[Place]:
    """Places that name each other anyhow, also such as come later."""
    names = [f"d{number}" for number in range(draw(st.integers(1, 6)))]
    return [
        Place(
            name=name,
            upstreams=tuple(
                each
                for each in draw(st.lists(st.sampled_from([*names, "elsewhere"]), unique=True))
                if each != name
            ),
        )
        for name in names
    ]


@given(declarations())
def test_a_cycle_is_refused_and_nothing_else(declared: list[Place]) -> None:
    """The one that would close it is; what was declared before stays, so it never has one."""
    places: dict[str, Place] = {}
    for place in declared:
        nodes = [Node(each, Judged("up")) for each in [*places.values(), place]]
        closes = any(
            place.name in below(nodes, upstream)
            for upstream in place.upstreams
            if upstream in places
        )
        if closes:
            with pytest.raises(nf.ConfigurationError, match="would be upstream of itself") as told:
                refuse_cycle(places, place)
            assert f"({place.name} -> " in str(told.value)
        else:
            refuse_cycle(places, place)
            places[place.name] = place


@given(
    graphs(),
    st.sampled_from(get_args(Startup)),
    st.lists(st.tuples(st.sampled_from([0.0, 10.0, 29.0]), st.lists(st.sampled_from(STATES)))),
)
@example([node("a", "down")], "require", [(30.0, [])])
@example([node("a", "down")], "open", [(29.0, []), (1.0, [])])
@example([node("a", "down")], "require", [(1.0, ["degraded"])])
def test_the_gate_opens_for_its_reasons_and_stays_open(
    nodes: list[Node], startup: Startup, steps: list[tuple[float, list[State]]]
) -> None:
    """Whoever is critical, checked and called by the service itself was up once; or it is time."""
    gate, now, was_open = Gate(0.0, 30.0, startup), 0.0, False
    indirect = is_indirect(node.place for node in nodes)
    waited = {
        node.place.name: node.place.scope
        for node in nodes
        if node.is_checked and node.place.role != "optional" and node.place.name not in indirect
    }
    for later, states in steps:
        now += later
        nodes = [
            replace(node, judged=Judged(state)) for node, state in zip(nodes, states, strict=False)
        ] + nodes[len(states) :]
        for node in nodes:
            if node.judged.state in ("up", "degraded"):
                waited.pop(node.place.name, None)
        is_open = gate.is_open(now, nodes, indirect)
        late = now >= 30.0 and (startup == "open" or "shared" not in waited.values())
        assert is_open == (was_open or not waited or late)
        if is_open and not was_open:
            assert gate.unproven == frozenset(waited)
        was_open = is_open
