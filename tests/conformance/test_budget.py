"""Retries are granted as conformance/vectors/budget says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ninefold.resilience.budget import Budget, Tokens

_TABLE = Path(__file__).parents[2] / "conformance" / "vectors" / "budget" / "tokens.yaml"
_CASES: list[dict[str, Any]] = yaml.safe_load(_TABLE.read_text("utf-8"))["cases"]


@pytest.mark.parametrize("case", _CASES, ids=[case["name"] for case in _CASES])
def test_retries_are_granted_as_their_table_says(case: dict[str, Any]) -> None:
    """As many of the retries that are wanted pass as the table says, and as much is left."""
    tokens = Tokens(Budget(**case.get("budget", {})))
    succeeded = tokens.succeeded
    for step in case["steps"]:
        now = step["at"]
        match step:
            case {"succeeded": times}:
                for _ in range(times):
                    succeeded()
            case {"ask": times, "granted": granted}:
                assert sum(tokens.ask(now) for _ in range(times)) == granted, step
            case {"level": level}:
                assert tokens.level(now) == pytest.approx(level, abs=1e-9), step
            case {"budget": budget}:
                tokens.replace(Budget(**budget))
            case {"forked": True}:
                tokens.restart()
            case _:
                pytest.fail(f"{step} is no step that this test knows")
