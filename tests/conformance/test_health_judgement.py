"""A dependency is judged as conformance/vectors/health/judgement.yaml says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ninefold.health._model import Finding, Patience, Probed
from ninefold.health._series import Series
from ninefold.health._standing import Standing
from ninefold.health._traffic import Calls

_TABLE = Path(__file__).parents[2] / "conformance" / "vectors" / "health" / "judgement.yaml"
_CASES: list[dict[str, Any]] = yaml.safe_load(_TABLE.read_text("utf-8"))["cases"]
_FOUND: dict[str, Probed] = {
    "up": Probed(0, 0.01, "success", Finding()),
    "degraded": Probed(0, 0.01, "success", Finding("degraded", "half of it")),
    "slow": Probed(0, 1.0, "success", Finding()),
    "pool": Probed(0, 0.01, "success", Finding("degraded", "10 of 10 in use", pool=True)),
    "fail": Probed(0, 0.01, "failure", error="ConnectionRefusedError", detail="refused"),
    "timeout": Probed(0, 2.0, "timeout"),
    "stuck": Probed(0, 0.0, "timeout", stuck=True),
    "cancelled": Probed(0, 0.0, "cancelled"),
}


def _probed(found: str, at: float) -> Probed:
    if "/" in found:
        up, of = map(int, found.split("/"))
        return Probed(at, 0.0, "success", Finding(up=up, of=of))
    like = _FOUND[found]
    # The clock of a case tells when probes end.
    return Probed(at - like.took, like.took, *_rest(like))


def _rest(like: Probed) -> tuple[Any, ...]:
    return like.outcome, like.finding, like.error, like.detail, like.stuck


def _probe(series: Series, found: list[str], at: float) -> None:
    for each in found:
        series.take(_probed(each, at))
        at += 1 if series.is_unconfirmed() else 10


@pytest.mark.parametrize("case", _CASES, ids=[case["name"] for case in _CASES])
def test_a_dependency_is_judged_as_the_table_says(case: dict[str, Any]) -> None:
    """Step by step: its state, and every note beside it."""
    patience = Patience(**{"latency_budget": 0.5, **case.get("options", {})})
    standing = Standing(patience, case.get("checks", 1), 0.0)
    good = bad = refused = 0
    for step in case["steps"]:
        at = float(step["at"])
        match step:
            case {"probes": found}:
                _probe(standing.series[step.get("replica", 0)], found, at)
            case {"calls": calls}:
                good += calls.get("good", 0)
                bad += calls.get("bad", 0)
                refused += calls.get("refused", 0)
                standing.traffic.look(
                    at,
                    Calls(good, bad, refused, is_refusing=calls.get("refusing", False)),
                )
            case {"judged": state}:
                judged = standing.judge(at)
                assert (judged.state, sorted(judged.notes)) == (
                    state,
                    sorted(step.get("notes", [])),
                ), step
                assert judged.state == "up" or judged.reason, step
            case _:
                raise AssertionError(f"no such step: {step}")
