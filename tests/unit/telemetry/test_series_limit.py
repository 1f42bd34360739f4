"""An application's own instruments have the limit of series that the SDK does not have."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry import metrics
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

import ninefold as nf
from ninefold.telemetry._faults import Faults
from ninefold.telemetry._series_limit import SeriesLimit

OVERFLOW = {"otel.metric.overflow": True}


@pytest.mark.parametrize(
    ("create", "verb"),
    [("create_counter", "add"), ("create_up_down_counter", "add"), ("create_histogram", "record")],
)
def test_no_attributes_make_more_series_than_the_limit(
    create: str, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred users: nine series and the overflow one; the total is exact."""
    monkeypatch.setenv("NINEFOLD_MAX_SERIES", "10")
    reader = InMemoryMetricReader()
    service = nf.setup("shop", readers=[reader])
    try:
        for number in range(100):
            # Asked for anew, as some applications do in every request.
            instrument = getattr(metrics.get_meter("shop"), create)("orders")
            getattr(instrument, verb)(1)
            getattr(instrument, verb)(1, {"user": f"u{number}"})
            getattr(instrument, verb)(1, attributes={"user": f"u{number}"})
        points = points_of(reader, "orders")
    finally:
        service.shutdown()
    totals = {
        tuple((point.attributes or {}).items()): getattr(point, "value", None) or point.count
        for point in points
    }
    assert len(totals) == 10
    assert totals.pop(()) == 100
    assert totals.pop(tuple(OVERFLOW.items())) == 200 - 2 * 8
    assert set(totals) == {(("user", f"u{number}"),) for number in range(8)}


def test_values_without_a_hash_are_limited_too() -> None:
    """Lists are attribute values as well."""
    limit = SeriesLimit("orders", 4, Faults())
    found = [limit.of({"tags": [number]}) for number in (1, 2, 1, 3)]
    assert found == [{"tags": [1]}, {"tags": [2]}, {"tags": [1]}, OVERFLOW]


def points_of(reader: InMemoryMetricReader, name: str) -> list[Any]:
    """The points of a metric."""
    data = reader.get_metrics_data()
    assert data is not None
    return [
        point
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == name
        for point in metric.data.data_points
    ]
