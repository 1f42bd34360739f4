"""Both ways to call, a clock of their own, and the project's scripts within reach."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.support.guarded import WAYS, Way

from ninefold.testing import ManualClock

sys.path.append(str(Path(__file__).resolve().parents[3] / "scripts"))


@pytest.fixture(params=WAYS, ids=[way.name for way in WAYS])
def way(request: pytest.FixtureRequest) -> Way:
    """A function, and an async function."""
    way: Way = request.param
    return way


@pytest.fixture
def clock() -> ManualClock:
    """Time that waits alone move on."""
    return ManualClock()
