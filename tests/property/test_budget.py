"""No sequence of calls gets more retries than were earned, and no success is lost."""

from __future__ import annotations

import threading
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.resilience.budget import Budget, Tokens

# Sums of tokens are floats, and a whole is granted from a billionth below it on.
_SLACK = 1e-6

shares = st.one_of(st.just(0.0), st.floats(1e-6, 1))
rates = st.one_of(st.just(0.0), st.floats(1e-6, 1000))
bursts = st.floats(1, 1000)
budgets = (
    st.tuples(shares, rates, bursts)
    .filter(lambda said: said[0] > 0 or said[1] > 0)
    .map(lambda said: Budget(ratio=said[0], floor=said[1], burst=said[2]))
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("succeeded"), st.integers(0, 300)),
        st.tuples(st.just("ask"), st.integers(1, 300)),
        st.tuples(st.just("wait"), st.floats(-100, 100)),
        st.tuples(st.just("level"), st.just(0)),
        st.tuples(st.just("replace"), budgets),
    ),
    max_size=40,
)


def most_kept(budget: Budget) -> float:
    """What comes by itself and is kept: a second's worth, or one token."""
    return max(1.0, budget.floor) if budget.floor else 0.0


@given(budgets, steps)
def test_no_more_is_granted_than_came(budget: Budget, sequence: list[tuple[str, Any]]) -> None:
    """What was granted and what is left never exceed what there was, was earned and came.

    That holds with clocks that go back and with numbers that are replaced; nor is the level ever
    below zero or above its bounds.
    """
    tokens, now, latest = Tokens(budget), 0.0, 0.0
    tokens.level(now)
    came, granted = most_kept(budget), 0
    for what, much in sequence:
        match what:
            case "succeeded":
                for _ in range(much):
                    tokens.succeeded()
                came += much * budget.ratio
            case "ask":
                granted += sum(tokens.ask(now) for _ in range(much))
            case "wait":
                now += much
                came += max(0.0, now - latest) * budget.floor
                latest = max(latest, now)
            case "replace":
                tokens.level(now)
                budget = much
                tokens.replace(budget)
            case _:
                pass
        level = tokens.level(now)
        assert 0 <= level <= budget.burst + most_kept(budget)
        assert granted + level <= came + _SLACK


@given(budgets, st.integers(0, 2000), st.lists(st.floats(0, 10), max_size=20))
def test_what_was_earned_and_came_can_all_be_spent(
    budget: Budget, successes: int, waits: list[float]
) -> None:
    """Asked until it says no, a budget grants every whole token, and keeps less than one."""
    tokens, now = Tokens(budget), 0.0
    for _ in range(successes):
        tokens.succeeded()
    for wait in waits:
        now += wait
        level = tokens.level(now)
        granted = 0
        while tokens.ask(now):
            granted += 1
        assert abs(granted + tokens.level(now) - level) <= _SLACK
        assert tokens.level(now) < 1


@given(budgets, st.lists(st.floats(-100, 0), max_size=20))
def test_time_that_goes_back_changes_nothing(budget: Budget, back: list[float]) -> None:
    """A clock that jumps back neither adds nor removes a token, nor does its way forward again."""
    tokens = Tokens(budget)
    tokens.ask(0.0)
    level = tokens.level(0.0)
    for now in (*back, 0.0):
        assert tokens.level(now) == level


@settings(max_examples=10, deadline=None)
@given(st.integers(2, 8), st.integers(100, 5000))
def test_threads_lose_no_success(threads: int, each: int) -> None:
    """However many threads succeed at once, while others ask, every success earns its share."""
    tokens = Tokens(Budget(ratio=1, floor=0, burst=1e9))
    together, granted = threading.Barrier(threads + 1), [0]

    def succeed() -> None:
        succeeded = tokens.succeeded
        together.wait()
        for _ in range(each):
            succeeded()

    def ask() -> None:
        together.wait()
        granted[0] = sum(tokens.ask(0.0) for _ in range(each))

    running = [threading.Thread(target=succeed) for _ in range(threads)]
    running.append(threading.Thread(target=ask))
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert granted[0] + tokens.level(0.0) == threads * each


@settings(max_examples=10, deadline=None)
@given(st.integers(2, 8), st.integers(1, 500))
def test_threads_are_never_granted_one_token_twice(threads: int, burst: int) -> None:
    """Of threads that ask at once, as many are granted a retry as there were tokens."""
    tokens = Tokens(Budget(ratio=1, floor=0, burst=burst))
    for _ in range(burst):
        tokens.succeeded()
    together, granted = threading.Barrier(threads), [0] * threads

    def ask(own: int) -> None:
        together.wait()
        granted[own] = sum(tokens.ask(0.0) for _ in range(burst))

    running = [threading.Thread(target=ask, args=(own,)) for own in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert sum(granted) == burst
