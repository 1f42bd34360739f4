"""Waits stay within their bounds, and what others send never breaks a caller."""

from __future__ import annotations

import math
import random
from email.utils import formatdate
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ninefold.resilience.backoff import (
    Backoff,
    Jitter,
    asked_wait,
    clamped,
    delay,
    parse_retry_after,
)

lengths = st.floats(0, allow_infinity=False, exclude_min=True)
factors = st.floats(1, allow_infinity=False)
waits = st.floats(0, allow_infinity=False)
seeds = st.integers(0, 1 << 32)
_NAMES = st.sampled_from(["headers", "response", "get", "retry_after"])
retries = st.one_of(st.integers(1, 70), st.integers(1, 10**12), st.integers(1, 10**400))


@st.composite
def backoffs(draw: st.DrawFn, *jitters: Jitter) -> Backoff:
    """Any backoff that can be said, with one of these kinds of jitter."""
    base, cap = sorted((draw(lengths), draw(lengths)))
    jitter = draw(st.sampled_from(jitters or ("full", "equal", "decorrelated", "none")))
    return Backoff(base=base, cap=cap, factor=draw(factors), jitter=jitter)


@given(backoffs(), retries, seeds, st.none() | waits)
def test_a_wait_is_never_negative_nor_above_the_cap(
    backoff: Backoff, retry: int, seed: int, previous: float | None
) -> None:
    """For every configuration, retry and draw; nothing overflows and nothing is NaN."""
    assert 0 <= delay(backoff, retry, random.Random(seed), previous) <= backoff.cap


@given(backoffs("equal"), retries, seeds)
def test_equal_jitter_waits_at_least_half(backoff: Backoff, retry: int, seed: int) -> None:
    """Half of what would be waited without jitter is certain."""
    plain = Backoff(base=backoff.base, cap=backoff.cap, factor=backoff.factor, jitter="none")
    whole = delay(plain, retry, random.Random(0), None)
    assert whole / 2 <= delay(backoff, retry, random.Random(seed), None) <= whole


@given(backoffs("decorrelated"), retries, seeds, st.none() | waits)
def test_decorrelated_jitter_waits_at_least_the_base(
    backoff: Backoff, retry: int, seed: int, previous: float | None
) -> None:
    """However short the wait before was."""
    assert delay(backoff, retry, random.Random(seed), previous) >= backoff.base


@given(backoffs("none"), retries, retries)
def test_without_jitter_waits_never_shrink(backoff: Backoff, one: int, other: int) -> None:
    """A later retry waits as long as an earlier one, or longer; the first waits the base."""
    earlier, later = sorted((one, other))
    chance = random.Random(0)
    assert delay(backoff, earlier, chance, None) <= delay(backoff, later, chance, None)
    assert delay(backoff, 1, chance, None) == backoff.base


@given(seeds)
def test_full_jitter_waits_half_on_average(seed: int) -> None:
    """The mean of 2000 draws is within six standard errors of the middle."""
    chance, backoff = random.Random(seed), Backoff(base=1, cap=1)
    drawn = [delay(backoff, 1, chance, None) for _ in range(2000)]
    assert abs(math.fsum(drawn) / len(drawn) - 0.5) < 6 * math.sqrt(1 / 12 / len(drawn))


@given(
    st.one_of(
        st.text(),
        st.binary(),
        st.from_regex(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT"),
        st.text("0123456789", min_size=1, max_size=5000),
    ),
    st.floats(),
)
def test_no_header_breaks_its_reader(value: str | bytes, wall: float) -> None:
    """Whatever a header holds, it is a finite wait or none, at whatever time."""
    asked = parse_retry_after(value, wall)
    assert asked is None or 0 <= asked <= 1 << 31


@given(st.integers(0, 4102444799), st.integers(-(10**6), 10**6))
def test_a_date_asks_for_the_time_until_then(wall: int, ahead: int) -> None:
    """The form that servers send is read to the second; what is past asks for no wait."""
    moment = max(0, wall + ahead)
    value = formatdate(moment, usegmt=True)
    assert parse_retry_after(value, wall) == max(0, moment - wall)


@given(waits, st.none() | st.floats(0))
def test_what_is_asked_moves_a_wait_by_5_seconds_at_most(
    computed: float, asked: float | None
) -> None:
    """And never makes it shorter."""
    assert computed <= clamped(computed, asked) <= computed + 5


def _members(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(_NAMES, inner)


@given(
    st.recursive(
        st.none() | st.text() | st.binary() | st.integers() | st.floats(),
        lambda inner: (
            st.dictionaries(st.sampled_from(["retry-after", "Retry-After", "x"]), inner)
            | st.builds(lambda held: type("Held", (), held)(), _members(inner))
            | st.builds(lambda held: type("Failed", (Exception,), held)(), _members(inner))
        ),
        max_leaves=6,
    )
)
def test_no_outcome_breaks_who_asks_it(outcome: Any) -> None:
    """Whatever a call returned or raised, it asks for a finite wait or none."""
    asked = asked_wait(outcome, lambda: 0.0)
    assert asked is None or 0 <= asked <= 1 << 31
