"""Requests are judged by their labels and times as conformance/vectors/sli/http.yaml says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import ninefold as nf
from ninefold.sli.objective import HttpKind
from ninefold.sli.objective._engine import http_verdict, standing

TABLE = Path(__file__).parents[2] / "conformance" / "vectors" / "sli" / "http.yaml"
CASES = yaml.safe_load(TABLE.read_text("utf-8"))["cases"]
THRESHOLD = 0.3


def kind_of(said: dict[str, Any]) -> HttpKind:
    """The kind of objective that a case is about."""
    about: dict[str, Any] = {
        "route": said.get("routes", ["/checkout"]),
        "target": 0.99,
        "count_429": said.get("count_429", False),
    }
    match said["kind"]:
        case "availability":
            kind = nf.availability(**about)
        case "latency":
            kind = nf.latency(threshold=THRESHOLD, **about)
        case _:
            return nf.first_byte(threshold=THRESHOLD, **about)
    assert isinstance(kind, HttpKind)
    return kind


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_a_request_is_judged_by_its_labels_and_times(case: dict[str, Any]) -> None:
    """Two steps, labels first, come to the verdict of the table."""
    request = {"route": "/checkout", "status": 200, "error_type": None}
    request |= case.get("request", {})
    options = request.pop("method", "GET") == "OPTIONS"
    stands = standing(kind_of(case["objective"]), options=options, **request)
    verdict = http_verdict(
        stands,
        THRESHOLD,
        elapsed=case.get("elapsed", 0.1),
        begun=case.get("begun"),
        streamed=case.get("streamed", False),
    )
    assert verdict.value == case["expect"]
