"""No deadline is ever extended, and no header says more time than there was."""

from __future__ import annotations

import contextvars
import math

from hypothesis import given
from hypothesis import strategies as st

from ninefold.resilience.deadline import (
    Scope,
    enter,
    header_value,
    leave,
    parse_header,
    remaining,
)
from ninefold.testing import ManualClock

steps = st.lists(
    st.one_of(
        st.tuples(st.just("enter"), st.floats(0.0, 100.0)),
        st.tuples(st.just("leave"), st.integers(0, 20)),
        st.tuples(st.just("advance"), st.floats(0.0, 20.0)),
    ),
    max_size=30,
)


@given(steps=steps)
def test_no_more_is_left_than_of_any_live_deadline(steps: list[tuple[str, float]]) -> None:
    """Entered and left in any order: it is the least of what encloses the innermost, or none."""
    clock = ManualClock()
    live: list[tuple[Scope, float]] = []

    def run() -> None:
        for step, value in steps:
            if step == "enter":
                at = clock.now() + value
                live.append((enter(at, clock.now), at))
            elif step == "advance":
                clock.advance(value)
            elif live:
                scope, _ = live.pop(int(value) % len(live))
                leave(scope)
            left = remaining()
            if not live:
                assert left is None
            else:
                assert left == max(min(at for _, at in live) - clock.now(), 0.0)

    contextvars.Context().run(run)


@given(st.floats(min_value=0.0, allow_nan=False))
def test_a_header_says_what_is_left_and_never_more(left: float) -> None:
    """Less than a millisecond is lost on the way; below one, one is said; a day is the most."""
    said = parse_header(header_value(left))
    assert said is not None
    assert 0.001 <= said <= 86_400
    assert said <= max(left, 0.001) * (1 + 1e-15)
    assert said > min(left, 86_400) - 0.0011


@given(
    st.one_of(
        st.text(max_size=30),
        st.text("0123456789+-._eE \t\u0661\u00b2", max_size=14),
        st.integers(min_value=0).map(str),
        st.binary(max_size=12),
        st.none(),
        st.integers(),
        st.floats(),
    )
)
def test_no_header_raises_or_says_nonsense(value: object) -> None:
    """Whatever a client sends: none, or seconds that are above 0 and at most a day."""
    seconds = parse_header(value)
    if seconds is not None:
        assert isinstance(value, str)
        assert value.strip(" \t").isdecimal()
        assert math.isfinite(seconds)
        assert 0.001 <= seconds <= 86_400
