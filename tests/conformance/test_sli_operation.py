"""Measured operations give what their table says, however they are measured."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from opentelemetry.sdk.metrics.export import HistogramDataPoint
from tests.support.operation import WAYS, WITH_RESULT, Carried, perform

import ninefold as nf
from ninefold.testing import CapturedTelemetry, ManualClock

TABLE = Path(__file__).parents[2] / "conformance" / "vectors" / "sli" / "operation.yaml"
CASES: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text("utf-8"))["cases"]


class Refused(Exception):
    """An error of the table."""


class RefusedTwice(Refused):
    """A special kind of it."""


class Broken(Exception):
    """Another error of the table."""


ERRORS: dict[str, type[BaseException]] = {
    "Refused": Refused,
    "RefusedTwice": RefusedTwice,
    "Broken": Broken,
    "deadline": nf.DeadlineExceededError,
}
ENDS: dict[str, type[BaseException]] = {
    "cancelled": asyncio.CancelledError,
    "stopped": KeyboardInterrupt,
}


def fails(about: object) -> bool:
    """Answer nothing."""
    raise RuntimeError("a classifier of the table that fails")


QUESTIONS: dict[str, Any] = {
    "fine?": lambda about: about == "fine",
    "poor?": lambda about: about == "poor",
    "refused?": lambda about: isinstance(about, Refused),
    "yes": lambda about: True,
    "no": lambda about: False,
    "fails": fails,
}


def parameters() -> Iterator[Any]:
    """Give each case once for each way it can be measured in."""
    for case in CASES:
        for way in case.get("by", WAYS):
            yield pytest.param(case, way, id=f"{way}: {case['name']}")


@pytest.mark.parametrize(("case", "way"), list(parameters()))
def test_an_operation_is_classified_as_its_table_says(
    case: dict[str, Any], way: str, telemetry: CapturedTelemetry
) -> None:
    """Outcome, error.type, duration and both objectives are the same in whatever way."""
    given, expect, clock = case["given"], case["expect"], ManualClock()
    available = nf.availability(operation="job", target=0.99)
    telemetry.service.objective("availability", available)
    quick = nf.latency(operation="job", threshold=0.5, target=0.99)
    telemetry.service.objective("latency", quick)
    operation = telemetry.service.measure(
        "job",
        good=[ERRORS.get(word) or QUESTIONS[word] for word in given.get("good", ())],
        ignore=[ERRORS.get(word) or QUESTIONS[word] for word in given.get("ignore", ())],
        runtime=clock.runtime(),
    )
    kind = ENDS.get(given["ends"]) or ERRORS.get(given.get("error", ""))
    error = None if kind is None else kind("as the table says")

    def body(run: Any) -> Any:
        clock.advance(given["takes"])
        for said in given.get("said", ()):
            run.fail() if said == "failure" else run.ignore()
        if error is not None:
            raise error
        return given.get("result")

    closed = given["ends"] == "closed"
    if error is None:
        result = perform(operation, way, body, closed=closed)
        assert result == (given.get("result") if way in WITH_RESULT and not closed else None)
    else:
        with pytest.raises((type(error), Carried)) as caught:
            perform(operation, way, body)
        assert error is getattr(caught.value, "error", caught.value)

    [point] = telemetry.points("ninefold.operation.duration")
    assert isinstance(point, HistogramDataPoint)
    assert (point.count, point.sum) == (1, given["takes"])
    named = expect.get("error_type")
    kinds = {each.__name__: f"{each.__module__}.{each.__qualname__}" for each in ERRORS.values()}
    assert point.attributes == {
        "ninefold.operation.name": "job",
        "ninefold.outcome": expect["outcome"],
        **({} if named is None else {"error.type": kinds.get(named, named)}),
    }
    for objective in ("availability", "latency"):
        for verdict in ("good", "bad"):
            counted = telemetry.value(
                "ninefold.sli.events", ninefold_slo_name=objective, ninefold_outcome=verdict
            )
            assert counted == (expect[objective] == verdict), (objective, verdict)
    faults = telemetry.value("ninefold.telemetry.dropped", ninefold_reason="internal_error")
    assert faults == expect.get("faults", 0)
