"""What is said of a budget is checked once, and its tokens outlive changes and forks."""

from __future__ import annotations

import math
from typing import Any

import pytest

from ninefold.errors import ConfigurationError
from ninefold.resilience.budget import Budget, Tokens

LITTLE = (
    "; less than one whole token would never pay for a retry: write ratio=0 for the floor alone"
)
NOTHING = (
    "ratio or floor must be > 0, got 0 for both: a budget that never lets a retry pass; leave retry"
    " out instead"
)
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"ratio": -0.1}, "ratio must be between 0 and 1, got -0.1"),
    ({"ratio": 20}, "ratio must be between 0 and 1, got 20"),
    ({"ratio": math.nan}, "ratio must be a finite number between 0 and 1, got nan"),
    ({"ratio": math.inf}, "ratio must be a finite number between 0 and 1, got inf"),
    ({"ratio": True}, "ratio must be a number between 0 and 1, got True"),
    ({"ratio": "20%"}, "ratio must be a number between 0 and 1, got '20%'"),
    ({"floor": -1}, "floor must be >= 0 retries per second, got -1"),
    ({"floor": math.nan}, "floor must be a finite number >= 0 retries per second, got nan"),
    ({"floor": math.inf}, "floor must be a finite number >= 0 retries per second, got inf"),
    ({"floor": False}, "floor must be a number >= 0 retries per second, got False"),
    ({"floor": None}, "floor must be a number >= 0 retries per second, got None"),
    ({"burst": 0}, "burst must be > 0 retries, got 0"),
    ({"burst": -5}, "burst must be > 0 retries, got -5"),
    ({"burst": 0.5}, f"burst must be >= 1 retries, got 0.5{LITTLE}"),
    ({"burst": math.nan}, "burst must be a finite number > 0 retries, got nan"),
    ({"burst": math.inf}, "burst must be a finite number > 0 retries, got inf"),
    ({"burst": True}, "burst must be a number > 0 retries, got True"),
    ({"burst": "many"}, "burst must be a number > 0 retries, got 'many'"),
    ({"ratio": 0, "floor": 0}, NOTHING),
]


@pytest.mark.parametrize(("said", "message"), REFUSED, ids=[str(said) for said, _ in REFUSED])
def test_what_cannot_be_meant_is_refused(said: dict[str, Any], message: str) -> None:
    """The message says what, the value and, where it is not plain, the remedy."""
    with pytest.raises(ConfigurationError) as caught:
        Budget(**said)
    assert str(caught.value) == message


def test_numbers_are_floats_however_they_were_said() -> None:
    """Whole numbers are kept as floats, and compare as such."""
    said = Budget(ratio=1, floor=3, burst=10)
    assert [type(number) for number in (said.ratio, said.floor, said.burst)] == [float] * 3
    assert said == Budget(ratio=1.0, floor=3.0, burst=10.0)


def test_what_counts_a_success_may_be_held_for_life() -> None:
    """Other numbers and a fork leave it the same object, which still counts."""
    tokens = Tokens(Budget(ratio=1, floor=0))
    succeeded = tokens.succeeded
    tokens.replace(Budget(ratio=0.5, floor=0))
    tokens.restart()
    assert tokens.budget == Budget(ratio=0.5, floor=0)
    succeeded()
    succeeded()
    assert tokens.succeeded is succeeded
    assert tokens.level(0.0) == 1.0


def test_a_fork_while_the_lock_is_held_leaves_the_child_free() -> None:
    """A child takes a lock of its own: the thread that held the old one is not in it."""
    tokens = Tokens(Budget())
    assert tokens._lock.acquire(blocking=False)
    tokens.restart()
    assert tokens.ask(0.0)
