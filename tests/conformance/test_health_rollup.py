"""The service is judged as conformance/vectors/health/rollup.yaml and gate.yaml say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ninefold.health._gate import Gate
from ninefold.health._graph import is_indirect
from ninefold.health._model import Judged, Place
from ninefold.health._node import Node
from ninefold.health._rollup import overlaid, roll_up

_TABLES = Path(__file__).parents[2] / "conformance" / "vectors" / "health"


def _cases(table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((_TABLES / table).read_text("utf-8"))["cases"]
    return found


_ROLLUP = _cases("rollup.yaml")
_GATE = _cases("gate.yaml")


def _node(name: str, said: dict[str, Any]) -> Node:
    place = Place(
        name=name,
        role=said.get("role"),
        scope=said.get("scope", "shared"),
        upstreams=tuple(said.get("upstreams", ())),
    )
    state = said.get("state", "up")
    judged = Judged(state, (), "" if state == "up" else "so it is", said.get("cause"))
    return Node(place, judged, is_checked=not said.get("unchecked", False))


def _code(well: bool) -> int:
    return 200 if well else 503


@pytest.mark.parametrize("case", _ROLLUP, ids=[case["name"] for case in _ROLLUP])
def test_the_service_is_judged_as_the_table_says(case: dict[str, Any]) -> None:
    """Liveness, readiness, the status, the notes, and the one root cause."""
    nodes = [_node(name, said) for name, said in case["dependencies"].items()]
    overall = overlaid(
        roll_up(nodes, started=case.get("started", True)),
        dead="the event loop has been blocked for 31 s" if case.get("dead") else None,
        draining=case.get("draining", False),
    )
    found: dict[str, Any] = {
        "live": _code(overall.live),
        "ready": _code(overall.ready),
        "status": overall.status,
    }
    if overall.notes:
        found["notes"] = list(overall.notes)
    if overall.cause is not None:
        found["cause"] = overall.cause
    if overall.affected:
        found["affected"] = list(overall.affected)
    assert found == case["answer"]
    assert overall.status == "UP" or overall.reason


@pytest.mark.parametrize("case", _GATE, ids=[case["name"] for case in _GATE])
def test_the_start_up_gate_opens_as_the_table_says(case: dict[str, Any]) -> None:
    """As states change and time goes by: whether it has started, and what is answered."""
    gate = Gate(0.0, 30.0, case.get("startup", "open"))
    states = dict.fromkeys(case["dependencies"], "starting")
    for step in case["steps"]:
        states |= step.get("states", {})
        nodes = [
            _node(name, {**said, "state": states[name]})
            for name, said in case["dependencies"].items()
        ]
        indirect = is_indirect(node.place for node in nodes)
        started = gate.is_open(float(step["at"]), nodes, indirect)
        overall = roll_up(nodes, started=started, unproven=gate.unproven)
        assert {
            "started": _code(overall.started),
            "ready": _code(overall.ready),
            "status": overall.status,
        } == {key: step[key] for key in ("started", "ready", "status")}, step
