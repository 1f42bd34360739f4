"""The account at the end: what was sent against what was counted."""

from __future__ import annotations

import pytest

from ninefold.demo._exposition import Reading, Series
from ninefold.demo._histogram import Histogram
from ninefold.demo._summary import Account, accounts


def _series(number: int, status: int | None) -> Series:
    error = "timeout" if status is None else None
    return Series("GET", None, "inventory:80", status, error, Histogram((1.0,), (number,)))


@pytest.mark.parametrize(
    ("counted", "verdict"),
    [
        (30, "counted by /metrics 30: equal"),
        (28, "counted by /metrics 28: equal, but for 2 given up before they came through"),
        (27, "equal, but for 3 given up before they came through"),
        (26, "counted by /metrics 26: DIFFERENT by -4"),
        (31, "counted by /metrics 31: DIFFERENT by +1"),
    ],
)
def test_only_what_was_given_up_may_be_missing(counted: int, verdict: str) -> None:
    """Who gives a call up cannot tell whether it came through; all others must be counted."""
    account = Account("inventory", sent=10, called=20, counted=counted, unknown=3)
    assert str(account).endswith(verdict)


def test_calls_without_an_answer_are_unknown() -> None:
    """Of the fellow's calls and of the customers' own requests, each of whom it was sent to."""
    latest = {
        "checkout": Reading(
            "checkout", "1", (_series(5, 200),), (_series(7, 200), _series(2, None))
        ),
        "inventory": Reading("inventory", "1", (_series(9, 200),), ()),
    }
    told = accounts({"checkout": 5, "inventory": 1}, {"inventory": 1}, latest)
    assert [(each.called, each.counted, each.unknown) for each in told] == [(0, 5, 0), (9, 9, 3)]
