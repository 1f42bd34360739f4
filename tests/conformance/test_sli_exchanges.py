"""Exchanges are events of objectives as conformance/vectors/sli/exchanges.yaml says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.http.exchange import Gate
from tests.support.http.measured import Measured, measured
from tests.support.http.run import run
from tests.support.http.table import Case, Driver, case_of, for_driver

import ninefold as nf

TABLE = Path(__file__).parents[2] / "conformance" / "vectors" / "sli" / "exchanges.yaml"
UNDER, OVER = 3600.0, 1e-9
"""Thresholds that no exchange exceeds here, and that every one does."""

ROUTES = {
    "/items/7": "/items/{id}",
    "/nowhere/at/all": "/nowhere/{at}",
    "/t/acme/things/9": "/t/{elsewhere}",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One case for one driver, and the verdict of each objective."""

    case: Case
    count_429: bool
    expect: dict[str, str]

    def __str__(self) -> str:
        return str(self.case)


def rows() -> list[Row]:
    """Every case of the table, once for each driver that can do it."""
    table = yaml.safe_load(TABLE.read_text("utf-8"))
    return [_row(row, driver) for row in table["cases"] for driver in row["drivers"]]


def _row(row: dict[str, Any], driver: Driver) -> Row:
    said = {key: for_driver(value, driver) for key, value in row["expect"].items()}
    everywhere = said.get("all", "none")
    latency = said.get("latency", [everywhere] * 2)
    first_byte = said.get("first_byte", [everywhere] * 2)
    expect = {
        "availability": said.get("availability", everywhere),
        "service": said.get("service", everywhere),
        "latency under": latency[0],
        "latency over": latency[1],
        "first byte under": first_byte[0],
        "first byte over": first_byte[1],
    }
    return Row(case_of(row, driver), row.get("count_429", False), expect)


def route_of(case: Case) -> str:
    """The template of the route that the case asks for, as its framework spells it."""
    path = case.path
    for prefix, name in (("/status/", "code"), ("/stream/", "n"), ("/failing-stream/", "n")):
        if path.startswith(prefix):
            path = f"{prefix}{{{name}}}"
    route = ROUTES.get(path, path)
    return route.replace("{", "<").replace("}", ">") if case.driver == "flask" else route


def declare(service: nf.Service, route: str, count_429: bool) -> None:
    """Every kind of objective that an exchange can be an event of."""

    def about(threshold: float) -> dict[str, Any]:
        return {"route": route, "target": 0.9, "threshold": threshold, "count_429": count_429}

    service.objective("availability", nf.availability(route=route, target=0.9, count_429=count_429))
    service.objective("service", nf.availability(target=0.9, count_429=count_429))
    for name, threshold in (("under", UNDER), ("over", OVER)):
        service.objective(f"latency {name}", nf.latency(**about(threshold)))
        service.objective(f"first byte {name}", nf.first_byte(**about(threshold)))


def verdicts(seen: Measured) -> dict[str, str]:
    """What the one exchange was to each objective, by what was counted."""
    told = dict.fromkeys(seen.service.objectives.declared, "none")
    points = seen.points("ninefold.sli.events")
    assert len(points) == 2 * len(told), "both series of every objective are there"
    for attributes, point in points:
        assert point.value in (0, 1)
        if point.value:
            name = attributes["ninefold.slo.name"]
            assert told[name] == "none", "an exchange is one event of an objective at most"
            told[name] = attributes["ninefold.outcome"]
    for name, count in seen.service.objectives.streamed.items():
        assert (told[name], count) == ("none", 1)
        told[name] = "streamed"
    return told


@pytest.mark.parametrize("row", [pytest.param(row, id=str(row)) for row in rows()])
def test_an_exchange_is_to_each_objective_what_the_table_says(row: Row) -> None:
    """Good, bad, nothing, or told apart as a stream; and never more than one event."""
    case = row.case
    with measured(exclude=["/health"] if case.surroundings == "excluded" else []) as seen:
        declare(seen.service, route_of(case), row.count_429)
        run(case, Gate(), seen.service.instrument)
        # What is not measured wakes nothing.
        seen.service.telemetry.pipeline.ensure()
        assert verdicts(seen) == row.expect
        assert seen.dropped() == []
