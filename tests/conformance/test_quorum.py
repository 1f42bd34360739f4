"""A fleet of breakers decides as conformance/vectors/breaker/quorum.yaml says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ninefold.resilience.fleet import Count, Fleet, Sight, count

_TABLE = Path(__file__).parents[2] / "conformance" / "vectors" / "breaker" / "quorum.yaml"
_CASES: dict[str, list[dict[str, Any]]] = yaml.safe_load(_TABLE.read_text("utf-8"))


@pytest.mark.parametrize("case", _CASES["counts"], ids=[case["name"] for case in _CASES["counts"]])
def test_votes_count_as_the_table_says(case: dict[str, Any]) -> None:
    """Those of the living, as long as they last."""
    sight = Sight(case["now"], case["alive"], case["votes"], None)
    assert count(case["quorum"], sight) == Count(**case["count"])


@pytest.mark.parametrize("case", _CASES["looks"], ids=[case["name"] for case in _CASES["looks"]])
def test_an_instance_answers_as_the_table_says(case: dict[str, Any]) -> None:
    """Look by look: it follows each verdict once, and declares one where there is none."""
    fleet = Fleet(case["quorum"])
    for look in case["looks"]:
        verdict = look.get("verdict")
        sight = Sight(look["at"], look["alive"], look["votes"], verdict)
        assert type(fleet.see(sight)).__name__.lower() == look["answer"], look
