"""What the log tells of changes: each once, with its reason, and nothing where nothing changed."""

from __future__ import annotations

import logging

import pytest

import ninefold as nf
from ninefold.health import Calls, Judged, Patience, Place
from ninefold.health._node import Node
from ninefold.health._rollup import roll_up
from ninefold.testing import ManualClock


def test_a_dependency_without_a_check_that_nobody_calls_for_a_while_is_no_change(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Quiet hours would be a warning each, else; a failure is told, and so is its end."""
    clock = ManualClock(automatic=False)
    health = nf.Health("shop", runtime=clock.runtime())
    calls = [Calls()]
    health.declare(Place(name="psp"), Patience(), (), calls=lambda: calls[-1])
    with caplog.at_level(logging.INFO, logger="ninefold.health"):
        for good, bad in ((0, 0), (1, 0), (1, 0), (2, 0), (2, 9), (2, 9), (40, 9)):
            calls.append(Calls(good, bad))
            clock.advance(6)
            health._tick(health.clock())
    told = [record.getMessage() for record in caplog.records]
    assert [each.partition(" (")[0] for each in told if "psp" in each.partition(" (")[0]] == [
        "health of dependency psp: starting -> up",
        "health of dependency psp: up -> down",
        "health of dependency psp: down -> up",
    ]


def test_a_reason_names_a_few_dependencies_however_many_are_down() -> None:
    """A network that is gone takes hundreds with it, and their errors are no log line."""
    nodes = [Node(Place(name=f"db-{i}"), Judged("down", (), "no route")) for i in range(200)]
    reason = roll_up(nodes, started=True).reason
    assert reason.startswith("db-0 is down: no route; db-1 is down: no route; ")
    assert reason.endswith("; db-4 is down: no route; and 195 more")
