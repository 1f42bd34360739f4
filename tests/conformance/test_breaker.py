"""The circuit breaker answers as conformance/vectors/breaker says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ninefold.resilience.breaker import (
    FORCED_CLOSED,
    FORCED_OPEN,
    Breaker,
    Circuit,
    Permit,
    Rejected,
    Verdict,
    register,
)

_TABLE = Path(__file__).parents[2] / "conformance" / "vectors" / "breaker" / "circuit.yaml"
_CASES: list[dict[str, Any]] = yaml.safe_load(_TABLE.read_text("utf-8"))["cases"]
_DEFAULTS: dict[str, Any] = {"window": 10, "min_calls": 4, "half_open": 2, "open_cap": 20}


def _circuit(options: dict[str, Any]) -> Circuit:
    return Circuit(Breaker(**{**_DEFAULTS, **options}), register("vectors", ()))


def _take(circuit: Circuit, step: dict[str, Any], held: dict[str, Permit]) -> None:
    at = float(step["at"])
    match step:
        case {"call": name, "answer": answer}:
            decision = circuit.acquire(at)
            if isinstance(decision, Rejected):
                assert answer == {"rejected": pytest.approx(decision.retry_after)}, step
            else:
                assert answer == "admitted", step
                held[name] = decision
        case {"end": name, "verdict": verdict}:
            circuit.release(held[name], Verdict(verdict), step.get("took", 0.0), at)
        case {"run": number, "verdict": verdict}:
            for _ in range(number):
                permit = circuit.acquire(at)
                assert isinstance(permit, Permit), step
                _end(circuit, permit, Verdict(verdict), step.get("took", 0.0), at)
        case {"hand": "reset"}:
            circuit.reset(at)
        case {"hand": "force_open"}:
            circuit.force(FORCED_OPEN, at)
        case {"hand": "force_closed"}:
            circuit.force(FORCED_CLOSED, at)
        case {"trip": reason}:
            circuit.trip(at, reason)
        case {"state": state}:
            assert circuit.state(at) == state, step
        case _:
            raise AssertionError(f"no such step: {step}")


def _end(circuit: Circuit, permit: Permit, verdict: Verdict, took: float, at: float) -> None:
    # The way that drivers take with a success is one of its own.
    if verdict is Verdict.SUCCESS:
        circuit.succeeded(permit, took, at)
    else:
        circuit.release(permit, verdict, took, at)


@pytest.mark.parametrize("case", _CASES, ids=[case["name"] for case in _CASES])
def test_a_breaker_answers_as_the_table_says(case: dict[str, Any]) -> None:
    """Step by step: which calls pass, and in which state it is."""
    circuit = _circuit(case.get("options", {}))
    held: dict[str, Permit] = {}
    for step in case["steps"]:
        _take(circuit, step, held)
