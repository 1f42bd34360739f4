"""Consistent probability sampling, as statistics: seeded, over a million traces."""

from __future__ import annotations

import math
import random
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ninefold.sampling import Buffer, Deferral, Head, Keep, Rule, Sampling
from ninefold.sampling._threshold import NEVER, adjusted_count, randomness_of, threshold_of
from ninefold.sampling._trace_state import LONGEST, parse
from ninefold.telemetry._seen import SpanSeen

TRACES = 1_000_000
SIGMAS = 4.8916
"""A normal deviate beyond this, to either side, has a probability of 1e-6."""

_text = st.text(alphabet=string.ascii_letters + string.digits + ":;._-+ ", max_size=40)


def _ids(seed: int) -> list[int]:
    draw = random.Random(seed).getrandbits
    return [draw(128) for _ in range(TRACES)]


@pytest.fixture(scope="module")
def ids() -> list[int]:
    """A million trace ids, the same ones every time."""
    return _ids(20_261_127)


@pytest.mark.parametrize("probability", [0.5, 0.1, 1 / 3, 0.01, 0.001])
def test_as_many_are_kept_as_was_asked_for(ids: list[int], probability: float) -> None:
    """Within what a binomial distribution makes of chance, at 1e-6 to either side."""
    head = Head(Sampling(default=probability))
    kept = sum(1 for each in ids if head.keeps(each, None))
    spread = math.sqrt(TRACES * probability * (1 - probability))
    assert abs(kept - TRACES * probability) <= SIGMAS * spread


@pytest.mark.parametrize("probability", [0.5, 0.1, 0.01])
def test_the_adjusted_counts_of_those_kept_add_up_to_all(
    ids: list[int], probability: float
) -> None:
    """Within five standard deviations of the estimate."""
    head = Head(Sampling(default=probability))
    count = adjusted_count(threshold_of(probability))
    total = count * sum(1 for each in ids if head.keeps(each, None))
    spread = math.sqrt(TRACES * (1 - probability) / probability)
    assert abs(total - TRACES) <= 5 * spread


def test_adjusted_counts_add_up_where_outcomes_keep_as_well(ids: list[int]) -> None:
    """Errors and slow traces exactly, as each is kept; the others within five standard deviations.

    An error that kept the threshold of the first decision would count for ten, and the sum of them
    would be 1.9 times what it is.
    """
    keep = Keep(errors=True, slower_than=1.0)
    routed = Rule(route="/pay/{id}", rate=0.5)
    head = Head(Sampling(default=0.1, rules=[routed], target_per_s=None, keep=keep))
    engine: Deferral[int] = Deferral(keep, Buffer(), lambda _: 1)
    draw = random.Random(7)
    came = dict.fromkeys(("error", "slow", "routed", "other"), 0)
    told = dict.fromkeys(came, 0.0)
    seen = SpanSeen(None, {"http.route": "/pay/{id}"})
    for each in ids[:200_000]:
        (kind,) = draw.choices(list(came), [5, 3, 20, 72])
        came[kind] += 1
        sampled, entry, rule = head.decide(each, None, None)
        part = engine.begin(rule, sampled, 0.0)
        part.joined(1)
        route = (
            head.by_route(rule, each, entry, "/pay/{id}", seen, kept=sampled)
            if kind in ("routed", "error")
            else None
        )
        seconds = 2.0 if kind == "slow" else 0.1
        outcome = engine.ended(
            part, 1, each, 0.0, error=kind == "error", seconds=seconds, route=route
        )
        for released in (outcome and outcome.released) or ():
            at = parse(entry or "").threshold
            threshold = at if released.threshold is None else released.threshold
            assert threshold is not None
            told[kind] += adjusted_count(threshold)
            engine.gone(1)
    assert told["error"] == came["error"]
    assert told["slow"] == came["slow"]
    for kind, share in (("routed", 0.5), ("other", 0.1)):
        assert abs(told[kind] - came[kind]) <= 5 * math.sqrt(came[kind] * (1 - share) / share)


def test_the_randomness_of_those_kept_is_uniform(ids: list[int]) -> None:
    """Above the threshold: chi-squared over 64 parts, below what comes once in a million."""
    head = Head(Sampling(default=0.1))
    parts = [0] * 64
    low = head.threshold
    width = (NEVER - low) / len(parts)
    for each in ids:
        if head.keeps(each, None):
            parts[min(63, int((randomness_of(each) - low) / width))] += 1
    expected = sum(parts) / len(parts)
    squared = sum((found - expected) ** 2 / expected for found in parts)
    # Wilson and Hilferty's approximation for 63 degrees of freedom.
    assert ((squared / 63) ** (1 / 3) - (1 - 2 / (9 * 63))) / math.sqrt(2 / (9 * 63)) < 4.76


def test_what_a_smaller_share_keeps_a_greater_one_keeps_too(ids: list[int]) -> None:
    """For every one of a million traces, and every step of the shares: no exception."""
    heads = [Head(Sampling(default=share)) for share in (0.001, 0.01, 0.1, 1 / 3, 0.5, 0.9, 1.0)]
    for each in ids[::10]:
        kept = [head.keeps(each, None) for head in heads]
        assert kept == sorted(kept)


@given(st.integers(0, 2**128 - 1), st.floats(0, 1), st.floats(0, 1))
def test_nesting_holds_for_any_two_shares(trace_id: int, one: float, other: float) -> None:
    """Kept at the smaller share, kept at the greater one."""
    low, high = sorted((one, other))
    if Head(Sampling(default=low)).keeps(trace_id, None):
        assert Head(Sampling(default=high)).keeps(trace_id, None)


@given(st.one_of(st.text(max_size=300), _text))
@example("th:8;" + "x:" + "a" * 300)
def test_whatever_a_client_writes_into_the_entry_is_read_or_not_there(text: str) -> None:
    """Nothing is raised; what goes on is within the W3C's length, and reads as the same again."""
    state = parse(text)
    assert state.threshold is None or 0 <= state.threshold < NEVER
    assert state.randomness is None or 0 <= state.randomness < NEVER
    goes_on = state.with_threshold(state.threshold)
    if goes_on is not None:
        assert len(goes_on) <= LONGEST
        again = parse(goes_on)
        assert (again.threshold, again.randomness) == (state.threshold, state.randomness)


@given(st.integers(0, 2**128 - 1), st.floats(0, 1), st.booleans(), st.one_of(st.none(), st.text()))
def test_the_threshold_that_goes_on_explains_the_decision(
    trace_id: int, share: float, sampled: bool, entry: str | None
) -> None:
    """Where there is one the trace is kept, and its randomness is at or above it."""
    for rule in ("respect", "ignore"):
        head = Head(Sampling(default=share, parent=rule, target_per_s=None))  # type: ignore[arg-type]
        kept, goes_on, _ = head.decide(trace_id, sampled, entry)
        state = parse(goes_on or "")
        randomness = randomness_of(trace_id) if state.randomness is None else state.randomness
        if state.threshold is not None:
            assert kept
            assert randomness >= state.threshold
