"""The check of an event loop."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest

from ninefold.errors import ConfigurationError
from ninefold.health import Finding
from ninefold.health.checks import event_loop


def test_an_idle_loop_is_up() -> None:
    """It says how late it was."""
    found = asyncio.run(event_loop(max_lag=30).run(1.0))
    assert found.level == "up"
    assert found.detail.endswith("ms late")


def test_a_loop_that_something_blocks_is_degraded_and_no_pool_is_blamed() -> None:
    """The blocking call is one that another task makes while the check waits for its turn."""

    async def measured() -> Finding:
        asyncio.get_running_loop().call_soon(time.sleep, 0.1)
        return await event_loop(max_lag=0.09).run(1.0)

    found = asyncio.run(measured())
    assert (found.level, found.pool) == ("degraded", False)


def test_a_timer_that_is_late_counts_too() -> None:
    """What blocks the loop after its turn delays the timer."""

    async def measured() -> Finding:
        asyncio.get_running_loop().call_later(0.001, time.sleep, 0.15)
        return await event_loop(max_lag=0.09).run(1.0)

    assert asyncio.run(measured()).level == "degraded"


def test_a_lag_may_be_a_timedelta() -> None:
    """As every duration."""
    assert event_loop(max_lag=timedelta(milliseconds=250)).max_lag == 0.25


@pytest.mark.parametrize("lag", [0, -1, float("nan"), "1"])
def test_a_lag_that_is_none_is_refused(lag: object) -> None:
    """At construction, with the value."""
    with pytest.raises(ConfigurationError, match="max_lag must be"):
        event_loop(max_lag=lag)  # type: ignore[arg-type]  # what a caller without a checker does
