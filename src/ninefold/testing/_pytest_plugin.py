"""The pytest plugin: fixtures that every test suite has as soon as ninefold is installed.

pytest imports this file in every run, so it imports nothing that a test may not want.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ninefold.testing._captured import CapturedTelemetry
    from ninefold.testing._clock import ManualClock


@pytest.fixture
def manual_clock() -> ManualClock:
    """A `ninefold.testing.ManualClock` at 0 seconds; give `manual_clock.runtime()` to a part."""
    from ninefold.testing._clock import ManualClock

    return ManualClock()


@pytest.fixture
def telemetry(monkeypatch: pytest.MonkeyPatch) -> Iterator[CapturedTelemetry]:
    """What the service measures in this test, in memory: a `ninefold.testing.CapturedTelemetry`.

    A service that is set up during the test exports nothing, whatever the machine's environment
    says, and is shut down at its end.
    """
    from ninefold.testing._captured import CapturedTelemetry

    monkeypatch.setenv("OTEL_SDK_DISABLED", "false")
    for signal in ("TRACES", "METRICS", "LOGS"):
        monkeypatch.setenv(f"NINEFOLD_{signal}_EXPORTER", "none")
    with CapturedTelemetry() as captured:
        yield captured
