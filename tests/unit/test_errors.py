"""What ninefold raises crosses process boundaries whole, and says what happened."""

from __future__ import annotations

import copy
import pickle

import pytest

import ninefold as nf


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (nf.CircuitOpenError("psp", 2.5), "circuit 'psp' is open; retry in 2.5 seconds"),
        (
            nf.BulkheadFullError("psp", 50),
            "bulkhead 'psp' is full: 50 calls are under way; shed load, or raise its limit or wait",
        ),
        (
            nf.BulkheadFullError("psp", 1),
            "bulkhead 'psp' is full: 1 call is under way; shed load, or raise its limit or wait",
        ),
        (
            nf.DeadlineExceededError("psp", 2.0),
            "deadline of 'psp' exceeded: not done within 2 seconds",
        ),
        (
            nf.DeadlineExceededError(seconds=0.25),
            "deadline exceeded: not done within 0.25 seconds",
        ),
        (nf.DeadlineExceededError(), "deadline exceeded"),
    ],
)
def test_a_rejection_survives_pickling(error: nf.RejectedError, message: str) -> None:
    """A worker's rejection reaches its parent with its message and all that it holds."""
    assert str(error) == message
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is type(error)
        assert str(twin) == message
        assert vars(twin) == vars(error)
