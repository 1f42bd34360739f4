"""A client that chooses its traces' randomness gains no more than chance; others lose none."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.sampling import Cap, Head, Sampling, cap
from ninefold.sampling._guard import Guard, most
from ninefold.sampling._model import Parent
from ninefold.sampling._threshold import NEVER, probability_of, threshold_of

TRACES = 1_000_000
ENTRY = f"rv:{NEVER - 1:014x}"
"""The greatest randomness there is, which passes every threshold."""


def _bound(per_second: float, seconds: int) -> float:
    """What is expected, the room for a minute's worth, and a sixty-fourth of it again each second.

    At 5 a second that is 6.5 in the long run.
    """
    room = most(64 * per_second) - 64 * per_second
    return per_second * seconds + room * (1 + seconds / 64)


@pytest.mark.parametrize("share", [0.5, 0.05, 0.001])
@pytest.mark.parametrize("per_second", [1, 40, 3000])
def test_honest_traces_are_never_refused(share: float, per_second: int) -> None:
    """Of a million, seeded, at any share and load: kept is what the threshold keeps."""
    threshold = threshold_of(share)
    draw = random.Random(20_261_127).getrandbits
    guard = Guard(0.0)
    for number in range(TRACES):
        kept = draw(56) >= threshold
        assert guard.allows(threshold, kept, number / per_second) == kept


def test_honest_traces_are_never_refused_at_a_rate() -> None:
    """Where the threshold changes with the load, up and down a hundredfold."""
    now = 0.0
    head = Head(Sampling(parent="ignore"), clock=lambda: now)
    free = Head(Sampling(), clock=lambda: now)
    draw = random.Random(7).getrandbits
    for number in range(TRACES):
        now += 0.1 if number // 1000 % 2 else 0.001
        trace_id = draw(128)
        assert head.decide(trace_id, True, None)[0] == free.decide(trace_id, None, None)[0]


@given(
    st.floats(0.001, 0.9),
    st.lists(st.tuples(st.floats(0, 90), st.integers(0, 300)), min_size=1, max_size=12),
)
def test_forged_traces_never_pass_what_chance_would_keep(
    share: float, bursts: list[tuple[float, int]]
) -> None:
    """All of them pass the threshold; at each moment, counting what is remembered."""
    guard, threshold = Guard(0.0), threshold_of(share)
    now = expected = kept = 0.0
    since = 0.0
    for silence, came in bursts:
        now += silence
        if came and now - since >= 1:  # silence is not seen to pass
            left = (63 / 64) ** (now - since)
            expected, kept, since = expected * left, kept * left, now
        for _ in range(came):
            expected += probability_of(threshold)
            kept += guard.allows(threshold, True, now)
            assert kept <= most(expected) + 1e-6


@settings(max_examples=30)
@given(st.floats(0.001, 0.5), st.integers(1, 100), st.integers(0, 2**32))
def test_a_flood_of_forged_traces_is_kept_at_little_more_than_the_share(
    share: float, per_second: int, seed: int
) -> None:
    """Over three minutes, honest ones among them: what is expected, and the room with renewal."""
    seconds, now = 180, 0.0
    head = Head(Sampling(parent=cap(share)), clock=lambda: now)
    draw = random.Random(seed)
    kept = 0
    for number in range(seconds * per_second):
        now = number / per_second
        entry = None if draw.random() < 0.1 else ENTRY
        kept += head.decide(draw.getrandbits(128), True, entry)[0]
    expected = share * per_second
    assert kept <= _bound(expected, seconds) + 1


@pytest.mark.parametrize("parent", [cap(0.05), "ignore"])
def test_a_forged_flag_does_not_raise_the_export_rate(parent: Parent) -> None:
    """Ten minutes of a thousand a second, randomness chosen: 5 % of them, or 5, and the room."""
    now = 0.0
    head = Head(Sampling(parent=parent), clock=lambda: now)
    kept = 0
    for number in range(600_000):
        now = number / 1000
        kept += head.decide(number, True, ENTRY)[0]
    # A rate is met within a few seconds, and not at once.
    assert kept <= 1.01 * _bound(50 if isinstance(parent, Cap) else 5, 600)


@given(st.integers(0, 2**128 - 1), st.floats(0, 1), st.floats(0, 1))
def test_a_cap_nests_in_what_callers_keep(trace_id: int, caller: float, share: float) -> None:
    """What a consistent caller keeps at a smaller share is kept whole, and else the cap's share."""
    sampled, entry, _ = Head(Sampling(default=caller, target_per_s=None)).decide(
        trace_id, None, None
    )
    kept, goes_on, name = Head(Sampling(parent=cap(share))).decide(trace_id, sampled, entry)
    low = min(caller, share)
    assert name == "parent"
    assert kept == Head(Sampling(default=low)).keeps(trace_id, None)
    # Whoever decided: the threshold is that of the smaller share.
    expected = Head(Sampling(default=low)).entry if kept else None
    assert goes_on == expected
