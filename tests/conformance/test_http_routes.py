"""The routes that a service tells are those that its metrics name, under each framework alike."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.http.exchange import Gate
from tests.support.http.measured import measured
from tests.support.http.run import run
from tests.support.http.table import Case, cases

CASES = [
    pytest.param(case, id=str(case))
    for case in cases()
    if case.driver in ("starlette", "fastapi", "flask")
    and any(record.route is not None for record in case.records)
]


@pytest.mark.parametrize("case", CASES)
def test_a_recorded_route_is_one_that_was_told(case: Case) -> None:
    """Every `http.route` is spelled as `service.routes()` said before the request came."""
    with measured(exclude=["/health"] if case.surroundings == "excluded" else []) as seen:
        kept: list[Any] = []
        told: set[str] = set()

        def instrument(app: Any) -> Any:
            kept.append(seen.service.instrument(app))
            told.update(route.template for route in seen.service.routes() or ())
            return kept[-1]

        run(case, Gate(), instrument)
        recorded = {record.route for record in seen.records()}
    assert recorded == {record.route for record in case.records}
    assert recorded <= told
