"""conformance/vectors/bulkhead: who has a place, who waits, and who is woken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ninefold.resilience.bulkhead import Places, Waiter

TABLE = Path("conformance/vectors/bulkhead/places.yaml")
CASES: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["it"] for case in CASES])
def test_places_are_given_as_the_table_says(case: dict[str, Any]) -> None:
    """After each step as many are inside, as many wait, and exactly those were woken."""
    places = Places(case["limit"])
    waiters: dict[str, Waiter] = {}
    woken: list[str] = []
    lost: set[str] = set()
    usage = waiting = 0

    def waking(name: str) -> Callable[[], None]:
        def wake() -> None:
            if name in lost:
                raise RuntimeError("Event loop is closed")
            woken.append(name)

        return wake

    for step in case["steps"]:
        woken.clear()
        match next(iter(step.items())):
            case "enter", expected:
                assert places.try_enter() is expected
            case "leave", _:
                places.leave()
            case "join", name:
                waiters[name] = places.join(waking(name))
                assert waiters[name].entered is step.get("at_once", False)
            case "forget", name:
                places.forget(waiters[name])
            case "lost", name:
                lost.add(name)
            case "resize", limit:
                places.resize(limit)
                assert places.limit == limit
            case "restart", _:
                places.restart()
            case other, _:
                pytest.fail(f"no such step: {other}")
        usage, waiting = step.get("usage", usage), step.get("waiting", waiting)
        assert woken == step.get("woken", []), step
        assert all(waiters[name].entered for name in woken)
        assert (places.usage, places.waiting) == (usage, waiting), step
