"""Whatever a retry is told, it waits within bounds, ends, and keeps the deadline."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import pytest
from hypothesis import given

import ninefold as nf
from ninefold.testing import ManualClock

_SECONDS = st.floats(0.001, 1e4)


class Refused(Exception):
    """What is tried again."""


@given(
    base=_SECONDS,
    times=st.floats(1, 1e3),
    factor=st.floats(1, 50),
    jitter=st.sampled_from(["full", "equal", "decorrelated", "none"]),
    attempts=st.integers(1, 12),
    deadline=st.none() | _SECONDS,
    outer=st.none() | _SECONDS,
    takes=st.floats(0, 1e3),
    seed=st.integers(0, 1000),
    budget=st.none() | st.just(nf.Budget(ratio=0.1, floor=0.5)),
)
def test_a_call_ends_within_its_attempts_and_deadlines(
    base: float,
    times: float,
    factor: float,
    jitter: str,
    attempts: int,
    deadline: float | None,
    outer: float | None,
    takes: float,
    seed: int,
    budget: nf.Budget | None,
) -> None:
    """No retry begins after a deadline, each wait is between 0 and the cap, and the end comes."""
    clock = ManualClock()
    cap = base * times
    guarding = nf.Policy(
        "bounded",
        deadline=outer,
        retry=nf.Retry(
            on=Refused,
            attempts=attempts,
            deadline=deadline,
            backoff=nf.Backoff(base=base, cap=cap, factor=factor, jitter=jitter),  # type: ignore[arg-type]  # drawn
            budget=budget,
        ),
        runtime=clock.runtime(seed=seed),
    )
    begun: list[float] = []

    @guarding
    def ask() -> None:
        begun.append(clock.now())
        clock.advance(takes)
        raise Refused

    with pytest.raises(Refused):
        ask()
    assert 1 <= len(begun) <= attempts
    assert len(clock.sleeps) == len(begun) - 1
    assert all(0 <= wait <= cap * (1 + 1e-12) for wait in clock.sleeps)
    for limit in (deadline, outer):
        assert all(at < (math.inf if limit is None else limit) for at in begun[1:])
