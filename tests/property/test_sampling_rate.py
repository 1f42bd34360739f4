"""A rate keeps as many as were asked for, whatever comes, and its adjusted counts add up to all."""

from __future__ import annotations

import math
import random

from hypothesis import given
from hypothesis import strategies as st

from ninefold.sampling._rate import Rate
from ninefold.sampling._threshold import NEVER, adjusted_count

_loads = st.lists(st.integers(0, 3000), min_size=3, max_size=12)


def _kept(rate: Rate, arrivals: list[float], draw: random.Random) -> list[tuple[float, float]]:
    """When each one that is kept began, and how many it stands for."""
    kept: list[tuple[float, float]] = []
    for at in arrivals:
        threshold = rate.threshold(at)
        if draw.getrandbits(56) >= threshold:
            kept.append((at, adjusted_count(threshold)))
    return kept


def _steady(loads: list[int]) -> list[float]:
    return [second + each / load for second, load in enumerate(loads) for each in range(load)]


@given(_loads, st.integers(1, 100), st.integers(0, 2**32))
def test_no_second_keeps_much_more_than_was_asked_for(
    loads: list[int], target: int, seed: int
) -> None:
    """Whatever came before: a burst is held down as it comes, to what a logarithm of it allows."""
    kept = _kept(Rate(target, 0.0), _steady(loads), random.Random(seed))
    for second in range(len(loads)):
        found = sum(1 for at, _ in kept if second <= at < second + 1)
        most = target * (1 + math.log(max(1.0, 3000 / target)))
        assert found <= most + 6 * math.sqrt(most) + 6


@given(st.integers(20, 2000), st.integers(1, 50), st.integers(0, 2**32))
def test_a_steady_load_is_kept_at_the_rate(load: int, target: int, seed: int) -> None:
    """From the third second on, on the average of many, within chance."""
    seconds = 60
    kept = _kept(Rate(target, 0.0), _steady([load] * seconds), random.Random(seed))
    expected = min(load, target) * (seconds - 2)
    found = sum(1 for at, _ in kept if at >= 2)
    assert abs(found - expected) <= 6 * math.sqrt(expected) + 0.02 * expected


def test_a_change_of_load_is_followed_within_ten_seconds() -> None:
    """Up a hundredfold, and down again: each time the rate is met soon after."""
    loads = [50] * 30 + [5000] * 30 + [50] * 30
    kept = _kept(Rate(10, 0.0), _steady(loads), random.Random(7))
    for since in (10, 40, 70):
        found = sum(1 for at, _ in kept if since <= at < since + 20)
        assert 120 <= found <= 280


@given(_loads, st.integers(1, 100))
def test_adjusted_counts_add_up_to_what_came(loads: list[int], target: int) -> None:
    """On the average over many draws, at any load: what is kept is a fair sample at each moment."""
    arrivals = _steady(loads)
    rate = Rate(target, 0.0)
    thresholds = [rate.threshold(at) for at in arrivals]
    draw = random.Random(11)
    rounds = 20
    total = 0.0
    spread = 0.0
    for threshold in thresholds:
        share = (NEVER - threshold) / NEVER
        spread += (1 - share) / share
        total += sum(1 / share for _ in range(rounds) if draw.getrandbits(56) >= threshold)
    assert abs(total / rounds - len(arrivals)) <= 6 * math.sqrt(spread / rounds) + 1e-6
