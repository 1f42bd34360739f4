"""Both ways to call, and a clock of their own."""

from __future__ import annotations

import pytest
from tests.support.guarded import WAYS, Way

from ninefold.testing import ManualClock


@pytest.fixture(params=WAYS, ids=[way.name for way in WAYS])
def way(request: pytest.FixtureRequest) -> Way:
    """A function, and an async function."""
    way: Way = request.param
    return way


@pytest.fixture
def clock() -> ManualClock:
    """Time that waits alone move on."""
    return ManualClock()
