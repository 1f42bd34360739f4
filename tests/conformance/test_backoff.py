"""Waits are as long as conformance/vectors/backoff says."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from ninefold.resilience.backoff import Backoff, clamped, delay, parse_retry_after

_VECTORS = Path(__file__).parents[2] / "conformance" / "vectors" / "backoff"
_WALL = 784111777.0


class Drawn(random.Random):
    """Randomness that draws one number, once at most."""

    def __init__(self, number: float) -> None:
        super().__init__(0)
        self.left = [number]

    def random(self) -> float:
        return self.left.pop()


def _cases(topic: str, table: str) -> list[Any]:
    tables = yaml.safe_load((_VECTORS / f"{topic}.yaml").read_text("utf-8"))
    return [pytest.param(case, id=case["name"]) for case in tables[table]]


@pytest.mark.parametrize("case", _cases("delays", "cases"))
def test_a_wait_is_as_long_as_its_table_says(case: dict[str, Any]) -> None:
    """Configuration, number of the retry and the number drawn give one wait."""
    backoff = Backoff(**case.get("backoff", {}))
    waited = delay(backoff, case["retry"], Drawn(case["draw"]), case.get("previous"))
    assert waited == pytest.approx(case["delay"], rel=1e-12, abs=0)


@pytest.mark.parametrize("case", _cases("retry_after", "parsed"))
def test_a_retry_after_header_is_read_as_its_table_says(case: dict[str, Any]) -> None:
    """Text and bytes of a header give the same seconds, or none."""
    wall = case.get("wall", _WALL)
    assert parse_retry_after(case["value"], wall) == case["seconds"]
    assert parse_retry_after(case["value"].encode(), wall) == case["seconds"]


@pytest.mark.parametrize("case", _cases("retry_after", "clamped"))
def test_what_was_asked_is_followed_as_far_as_its_table_says(case: dict[str, Any]) -> None:
    """A server lengthens the wait by 5 seconds at most, and never shortens it."""
    assert clamped(case["computed"], case["asked"]) == case["wait"]
