"""Simulation: spans put together, decided on as a service would, and counted."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

import pytest

from ninefold.errors import ConfigurationError
from ninefold.sampling import Keep, Rule, Sampling
from ninefold.sampling._threshold import NEVER, threshold_of
from ninefold.sampling.simulation import (
    Mix,
    Outcome,
    Part,
    Parts,
    Process,
    Route,
    Span,
    Tally,
    replay,
)

SHOP = Process("shop", "1")
STOCK = Process("stock", "1")
HIGH = NEVER - 1
"""A trace id that every share above zero keeps."""
LOW = 1 << 100
"""One that none below 1 keeps, as its randomness is 0."""


def _span(
    trace_id: int,
    span_id: int = 1,
    parent_id: int = 0,
    process: Process = SHOP,
    *,
    start: float = 1.0,
    seconds: float = 0.25,
    failed: bool = False,
    entry: str | None = None,
    local: bool | None = None,
    **attributes: object,
) -> Span:
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent_id,
        process=process,
        kind="server",
        start=round(start * 1e9),
        end=round((start + seconds) * 1e9),
        failed=failed,
        size=100,
        entry=entry,
        attributes={name.replace("_", "."): value for name, value in attributes.items()},
        local=local,
    )


def _parts(*spans: Span) -> list[Part]:
    parts = Parts()
    for span in spans:
        parts.add(span)
    return parts.all()


def _kept(outcomes: Sequence[Outcome]) -> list[tuple[str, bool, str]]:
    return [(each.part.first.process.service, each.kept, each.rule) for each in outcomes]


FAMILY = (
    _span(7, 1),
    _span(7, 2, 1),
    _span(7, 3, 2, failed=True),
    _span(7, 4, 3, STOCK),
    _span(7, 5, 4, STOCK),
    _span(7, 6, 4, SHOP),
)


@pytest.mark.parametrize("seed", range(20))
def test_spans_make_the_same_parts_in_whatever_order_they_come(seed: int) -> None:
    """A part is what hangs together in one process; its caller is the part that it hangs on."""
    spans = list(FAMILY)
    random.Random(seed).shuffle(spans)
    found = {part.first.span_id: part for part in _parts(*spans)}
    assert {name: (part.spans, part.size, part.failed) for name, part in found.items()} == {
        1: (3, 300, True),
        4: (2, 200, False),
        6: (1, 100, False),
    }
    assert found[1].parent is None
    assert found[4].parent is found[1]
    assert found[6].parent is found[4]


def test_a_span_that_comes_twice_counts_once() -> None:
    """As an exporter may send it again when the answer was lost."""
    parts = Parts()
    for span in (*FAMILY, *FAMILY):
        parts.add(span)
    assert (parts.span_count, parts.duplicates, parts.trace_count) == (6, 6, 1)
    assert sum(part.spans for part in parts.all()) == 6


def test_one_span_id_in_two_processes_makes_two_parts() -> None:
    """Zipkin's clients and servers share an id."""
    assert sorted(
        (part.first.process.service, part.spans)
        for part in _parts(_span(7, 1), _span(7, 1, process=STOCK), _span(7, 2, 1))
    ) == [("shop", 2), ("stock", 1)]


@pytest.mark.parametrize("processes", [(SHOP, SHOP), (SHOP, STOCK)])
def test_spans_that_are_one_anothers_parents_end_nothing(processes: Sequence[Process]) -> None:
    """A circle is somebody's mistake: one of them begins, and all are counted."""
    parts = _parts(_span(7, 1, 2, processes[0]), _span(7, 2, 1, processes[1]))
    outcomes = list(replay(parts, Sampling()))
    assert sum(each.part.spans for each in outcomes) == 2


def test_a_caller_hands_its_decision_on() -> None:
    """What begins is decided by rules, what is called follows, whoever's clock is behind."""
    spans = (_span(LOW, 1), _span(LOW, 2, 1, STOCK, start=0.5))
    assert _kept(list(replay(_parts(*spans), Sampling(default=0.5)))) == [
        ("shop", False, "default"),
        ("stock", False, "parent"),
    ]
    alone = Sampling(default=0.5, parent="ignore", rules=[Rule(path="/stock", rate=1.0)])
    spans = (_span(LOW, 1), _span(LOW, 2, 1, STOCK, url_path="/stock"))
    assert _kept(list(replay(_parts(*spans), alone))) == [
        ("shop", False, "default"),
        ("stock", True, "path=/stock"),
    ]


def test_a_caller_that_is_not_there_did_keep_it() -> None:
    """Or nothing would have been recorded; unless one asks what came of deciding anew."""
    parts = _parts(_span(LOW, 1, 99))
    never = Sampling(default=0.0)
    assert _kept(list(replay(parts, never))) == [("shop", True, "parent")]
    assert _kept(list(replay(parts, never, callers_count=False))) == [("shop", False, "default")]


def test_services_that_are_not_named_stay_as_they_were_recorded() -> None:
    """The rules are one service's; what the others decided is known."""
    spans = (_span(LOW, 1), _span(LOW, 2, 1, STOCK), _span(LOW, 3, 2, SHOP))
    never = Sampling(default=0.0)
    assert _kept(list(replay(_parts(*spans), never, services=["stock"]))) == [
        ("stock", True, "parent")
    ]


@pytest.mark.parametrize(
    ("attributes", "kept"),
    [
        ({"url.path": "/pay/7", "http.route": "/x"}, True),
        ({"http.target": "/pay/7?card=1"}, True),
        ({"http.route": "/pay/{id}"}, True),
        ({"url.path": "/search"}, False),
        ({"url.path": 7}, False),
        ({}, False),
    ],
)
def test_rules_see_the_path_by_the_conventions_of_today_and_before(
    attributes: dict[str, object], kept: bool
) -> None:
    """The path that a service decides by, or what comes nearest to it."""
    sampling = Sampling(default=0.0, rules=[Rule(path="/pay/*", rate=1.0)])
    span = _span(HIGH)._replace(attributes=attributes)
    assert [each.kept for each in replay(_parts(span), sampling)] == [kept]


def test_a_rate_is_kept_to_in_each_process_at_the_times_of_the_spans() -> None:
    """Ten a second come to each of two processes for a minute, and each keeps one."""
    chance = random.Random(1)
    spans = [
        _span(chance.getrandbits(128), process=Process("shop", str(number)), start=place / 10)
        for place in range(10, 610)
        for number in (1, 2)
    ]
    kept = [each for each in replay(_parts(*spans), Sampling(target_per_s=1)) if each.kept]
    # Two processes, 60 s, and what the first second lets through before it knows better; 5 sigma.
    assert abs(len(kept) - 120) <= 5 * 120**0.5
    for number in ("1", "2"):
        assert 30 < sum(1 for each in kept if each.part.first.process.instance == number) < 90


def test_a_recorded_sample_stands_for_all_that_came() -> None:
    """At th:c one in four was recorded: what is kept now is a share of all, not of those."""
    chance = random.Random(2)
    low = threshold_of(0.25)
    recorded = [
        _span(trace_id, start=place / 100, entry="th:c")
        for place in range(20_000)
        for trace_id in (chance.getrandbits(128),)
        if trace_id % NEVER >= low
    ]
    for share in (1.0, 0.5, 0.25, 0.1):
        sampling = Sampling(default=share, target_per_s=None)
        tally = Tally.of(replay(_parts(*recorded), sampling), Sampling(), slower_than=1)
        traces = tally.total.traces
        assert traces.seen == 4 * len(recorded)
        assert traces.share == pytest.approx(share, abs=5 * (share / len(recorded)) ** 0.5)
        assert tally.estimated == 3 * len(recorded)


def test_a_rate_sees_as_many_as_came_not_as_were_recorded() -> None:
    """At 1 % recorded, 4 a second were 400: a target of 10 keeps one in forty of them."""
    chance = random.Random(3)
    low = threshold_of(0.01)
    recorded = [
        _span(
            low + chance.randrange(NEVER - low) + (1 << 100),
            start=at / 4,
            entry="th:fd70a3d70a3d71",
        )
        for at in range(400)
    ]
    sampling = Sampling(target_per_s=10)
    tally = Tally.of(replay(_parts(*recorded), sampling), sampling, slower_than=1)
    assert tally.total.traces.seen == pytest.approx(40_000, abs=1)
    # The cold start lets more through, in the first second alone.
    assert tally.total.traces.kept / 100 == pytest.approx(10, rel=0.1)


def test_the_copy_that_was_recorded_is_decided_by_its_own_trace_id() -> None:
    """So that what is said of it is what a service does with it, whatever it stands for."""
    chance = random.Random(4)
    low = threshold_of(0.1)
    ids = [low + chance.randrange(NEVER - low) for _ in range(500)]
    found = replay(
        _parts(*(_span(each, entry="th:e6666666666666") for each in ids)),
        Sampling(default=0.05, target_per_s=None),
    )
    kept = {each.part.first.trace_id for each in found if each.kept and each.copy == 0}
    assert kept == {each for each in ids if each >= threshold_of(0.05)}


def test_the_unrecorded_ones_follow_their_callers_through_all_services() -> None:
    """A whole trace is kept or not, and so are those that it stands for."""
    chance = random.Random(5)
    low = threshold_of(0.25)
    spans = [
        each
        for _ in range(300)
        for trace_id in (low + chance.randrange(NEVER - low),)
        for each in (
            _span(trace_id, 1, entry="th:c"),
            _span(trace_id, 2, 1, STOCK, start=1.1, entry="th:c"),
        )
    ]
    found = list(replay(_parts(*spans), Sampling(default=0.5)))
    sides = {
        name: {
            (each.part.first.trace_id, each.copy)
            for each in found
            if each.kept and each.part.first.process.service == name
        }
        for name in ("shop", "stock")
    }
    assert sides["shop"] == sides["stock"]
    assert len(found) == 2 * 4 * 300


@pytest.mark.parametrize("entry", ["th:ffffffffffffff", "th:zz", "th:c;;", "rv:ffffffffffffff"])
def test_a_threshold_from_outside_takes_no_time_without_end(entry: str) -> None:
    """A file may say anything: what stands for very many is not decided on so many times."""
    [part] = _parts(_span(HIGH, entry=entry))
    found = list(replay([part], Sampling(default=0.5)))
    stands_for = sum(each.stands_for for each in found)
    assert stands_for == (pytest.approx(2**56) if entry == "th:ffffffffffffff" else 1)
    assert len(found) <= 10_000


def test_what_was_recorded_by_its_own_randomness_is_decided_by_it() -> None:
    """An `rv` in the file is the trace's randomness, not the trace id."""
    for number, kept in (("ffffffffffffff", True), ("00000000000000", False)):
        parts = _parts(_span(5, entry=f"rv:{number}"))
        [outcome] = replay(parts, Sampling(default=0.5))
        assert outcome.kept is kept


KEEP = Sampling(
    default=0.0,
    keep=Keep(errors=True, slower_than=1.0),
    rules=[Rule(path="/health", drop=True), Rule(route="/pay/{id}", rate=1.0)],
)


@pytest.mark.parametrize(
    ("span", "kept", "rule"),
    [
        (_span(LOW), False, "default"),
        (_span(LOW, failed=True), True, "error"),
        (_span(LOW, seconds=1.0), True, "slow"),
        (_span(LOW, seconds=0.999), False, "default"),
        (_span(LOW, http_route="/pay/{id}"), True, "route=/pay/{id}"),
        (_span(LOW, http_route="/pay/{id}", failed=True), True, "error"),
        (_span(LOW, url_path="/health", failed=True), False, "path=/health"),
        (_span(LOW, parent_id=9, failed=True), True, "parent"),
    ],
)
def test_a_trace_is_kept_for_how_it_ends(span: Span, kept: bool, rule: str) -> None:
    """By the rules' `keep`, whatever the first decision was; a rule that drops stays final."""
    [outcome] = replay(_parts(span), KEEP)
    assert (outcome.kept, outcome.rule) == (kept, rule)
    assert outcome.entry == ("th:0" if kept and rule != "parent" else outcome.entry)


def test_an_error_below_keeps_the_part_and_not_the_caller_s() -> None:
    """Each process keeps its own part: that a caller has dropped is known to it alone."""
    spans = (_span(LOW, 1), _span(LOW, 2, 1, STOCK), _span(LOW, 3, 2, STOCK, failed=True))
    assert _kept(list(replay(_parts(*spans), KEEP))) == [
        ("shop", False, "default"),
        ("stock", True, "error"),
    ]


def test_a_trace_that_waits_is_told_to_be_sampled_where_all_wait() -> None:
    """`propagate="always"`: who is called waits too, and does not drop what its caller did not."""
    always = Sampling(default=0.0, keep=Keep(propagate="always"))
    spans = (_span(LOW, 1), _span(LOW, 2, 1, STOCK))
    assert _kept(list(replay(_parts(*spans), always))) == [
        ("shop", False, "default"),
        ("stock", False, "default"),
    ]
    spans = (_span(LOW, 1), _span(LOW, 2, 1, STOCK))
    once = Sampling(default=0.0, keep=Keep())
    assert _kept(list(replay(_parts(*spans), once)))[1] == ("stock", False, "parent")


def test_a_tally_counts_by_rule_and_has_a_row_for_rules_that_never_decide() -> None:
    """Also errors and slow traces, which one chooses a rate for."""
    sampling = Sampling(
        rules=[
            Rule(path="/pay/*", rate=1.0, name="payments"),
            Rule(path="/old", drop=True),
            Rule(path="/search", drop=True),
        ]
    )
    parts = _parts(
        _span(1, url_path="/pay/1", failed=True),
        _span(2, url_path="/search", failed=True),
        _span(2, 2, 1),
        _span(3, url_path="/other", seconds=2.0),
    )
    tally = Tally.of(replay(parts, sampling), sampling, slower_than=1.0)
    assert list(tally.rows) == ["payments", "path=/old", "path=/search", "default"]
    told = {
        name: (row.traces.seen, row.traces.kept, row.spans, row.size)
        for name, row in tally.rows.items()
    }
    assert told == {
        "payments": (1, 1, 1, 100),
        "path=/old": (0, 0, 0, 0),
        "path=/search": (1, 0, 0, 0),
        "default": (1, 1, 1, 100),
    }
    assert tally.rows["path=/old"].traces.share is None
    assert (tally.total.errors.seen, tally.total.errors.kept) == (2, 1)
    assert (tally.total.slow.seen, tally.total.slow.kept) == (1, 1)
    assert tally.estimated == 0


def test_a_mix_is_what_it_says_and_the_same_for_the_same_seed() -> None:
    """Its figures, within 5 sigma of a Poisson process and its shares."""
    mix = Mix(
        requests_per_s=50,
        seconds=200,
        errors=0.1,
        slow=0.2,
        processes=3,
        spans_per_trace=4,
        bytes_per_span=50,
        routes=(Route.of("/pay/{id}=1"), Route.of("POST /search=3")),
        seed=6,
    )
    parts = list(mix.parts())
    assert abs(len(parts) - 10_000) <= 5 * 100
    assert [part.first for part in mix.parts()] == [part.first for part in parts]
    shares = {
        "errors": (sum(part.failed for part in parts), 0.1),
        "slow": (sum(part.seconds >= 1.0 for part in parts), 0.2),
        "pay": (sum(part.first.sampled_path.startswith("/pay/") for part in parts), 0.25),  # type: ignore[union-attr]  # a mix has paths
        "post": (sum(part.first.sampled_method == "POST" for part in parts), 0.75),
    }
    for found, share in shares.values():
        assert abs(found / len(parts) - share) <= 5 * (share / len(parts)) ** 0.5
    assert {part.first.process.instance for part in parts} == {"1", "2", "3"}
    assert {(part.spans, part.size) for part in parts} == {(4, 200)}
    assert "{" not in "".join(part.first.sampled_path or "" for part in parts)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pay=1", "route must begin with /, got 'pay'; write '/pay'"),
        ("/pay=often", "route must be a template and its weight"),
        ("get /pay=1", "route must be a template and its weight"),
        ("/pay=0", "the weight of a route must be > 0, got 0.0"),
        ("/pay=nan", "the weight of a route must be a finite number > 0, got nan"),
        ("=1", "route must be 1 to 255 printable characters"),
    ],
)
def test_a_route_that_cannot_be_meant_is_refused(text: str, message: str) -> None:
    """What, the value, and the remedy."""
    with pytest.raises(ConfigurationError, match="^" + re.escape(message)):
        Route.of(text)
