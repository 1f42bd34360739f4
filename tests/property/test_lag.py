"""The lag of an event loop: nothing recent is missed, and nothing old is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.sli.process._engine import KEPT, PERIOD, Lag

lateness = st.lists(st.floats(0, 200, allow_subnormal=False), max_size=60)


@given(late=lateness, after=st.floats(0, 300, allow_subnormal=False))
def test_what_was_late_is_told_for_a_minute_and_for_two_at_most(
    late: list[float], after: float
) -> None:
    """Whatever came within the last minute counts, and nothing from before the last two does."""
    now = 0.0
    lag = Lag(now)
    ran: list[tuple[float, float]] = []
    for each in late:
        now += PERIOD + each
        lag.tick(now)
        ran.append((now, each))
    now += after
    told = lag.read(now)
    overdue = max(0.0, after - PERIOD)
    recent = [each for at, each in ran if now - at < KEPT]
    possible = [each for at, each in ran if now - at <= 2 * KEPT + max(late, default=0) + PERIOD]
    assert told >= max([overdue, *recent]) - 1e-6
    assert told <= max([overdue, *possible]) + 1e-6


@given(times=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_lag_is_never_negative(times: list[float]) -> None:
    """Not even by a clock that goes back."""
    lag = Lag(times[0])
    for now in times:
        lag.tick(now)
        assert lag.read(now) >= 0


def test_a_prompt_loop_has_no_lag() -> None:
    """A loop that always runs in time is at zero, for as long as it does."""
    lag = Lag(0.0)
    for turn in range(1, 1000):
        lag.tick(turn * PERIOD)
        assert lag.read(turn * PERIOD) == pytest.approx(0.0)
