"""Calls to dependencies and attempts at them count as conformance/vectors/sli/dependency says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import ninefold as nf
from ninefold.testing import CapturedTelemetry

TABLE = Path(__file__).parents[2] / "conformance" / "vectors" / "sli" / "dependency.yaml"
CASES: dict[str, list[dict[str, Any]]] = yaml.safe_load(TABLE.read_text("utf-8"))


def _counted(telemetry: CapturedTelemetry, name: str) -> str:
    """What was counted of the objective: good, bad or none."""
    counts = {
        verdict: telemetry.value(
            "ninefold.sli.events", ninefold_slo_name=name, ninefold_outcome=verdict
        )
        for verdict in ("good", "bad")
    }
    assert sum(counts.values()) <= 1
    return next((verdict for verdict, count in counts.items() if count), "none")


@pytest.mark.parametrize("case", CASES["calls"], ids=lambda case: case["name"])
def test_a_call_counts_as_we_experience_it(
    case: dict[str, Any], telemetry: CapturedTelemetry
) -> None:
    """On our side every call but a success is bad, unless we refused it ourselves."""
    service = telemetry.service
    service.objective("ours", nf.dependency_availability("psp", target=0.99))
    service.objective("theirs", nf.dependency_availability("psp", side="theirs", target=0.99))
    service.objective("another", nf.dependency_availability("search", target=0.99))
    service.objectives.dependencies.call("psp", case["outcome"], case["reason"])
    assert _counted(telemetry, "ours") == case["expect"]
    assert _counted(telemetry, "theirs") == _counted(telemetry, "another") == "none"


@pytest.mark.parametrize("case", CASES["attempts"], ids=lambda case: case["name"])
def test_an_attempt_counts_on_their_side(
    case: dict[str, Any], telemetry: CapturedTelemetry
) -> None:
    """On their side an attempt is bad that failed, or was slower than agreed."""
    service = telemetry.service
    service.objective("ours", nf.dependency_availability("psp", target=0.99))
    for name, slower_than in (("answered", None), ("agreed", 0.5)):
        kind = nf.dependency_availability(
            "psp", side="theirs", slower_than=slower_than, target=0.99
        )
        service.objective(name, kind)
    service.objectives.dependencies.attempt("psp", case["outcome"], case["elapsed"])
    service.objectives.dependencies.attempt("search", case["outcome"], case["elapsed"])
    assert {name: _counted(telemetry, name) for name in case["expect"]} == case["expect"]
    assert _counted(telemetry, "ours") == "none"
