"""HTTP exchanges are measured as conformance/vectors/http says, under each driver alike."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from tests.support.http.exchange import Gate
from tests.support.http.measured import measured
from tests.support.http.run import run
from tests.support.http.table import Case, Record, cases

CASES = [pytest.param(case, id=str(case)) for case in cases()]


def untouched(app: Any) -> Any:
    """Give the application as it is."""
    return app


@pytest.mark.parametrize("case", CASES)
def test_an_exchange_is_measured_once_and_as_what_it_became(case: Case) -> None:
    """One record with the right method, route, status and `error.type`; nothing left active.

    What follows the response is not waited for, and what the client and the server get is what
    they get without instrumentation.
    """
    plain = run(case, Gate(), untouched)
    in_background: list[Counter[Record]] = []
    with measured(exclude=["/health"] if case.surroundings == "excluded" else []) as seen:
        gate = Gate(in_background=lambda: in_background.append(seen.records()))
        transcript = run(case, gate, seen.service.instrument)
        assert seen.records() == Counter(case.records)
        assert seen.spans() == Counter(case.records)
        assert seen.active() == 0
        assert seen.dropped() == []
    assert transcript == plain
    if case.path == "/background":
        assert in_background == [Counter(case.records)]
