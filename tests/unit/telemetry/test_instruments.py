"""Series are bounded, reserved ones are always there, and boundaries are settled before use."""

from __future__ import annotations

import os
import random
import tracemalloc
from typing import Any

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from tests.support.fed import (
    COUNTED,
    COUNTED_KEY,
    DELTA,
    DURATION,
    DURATION_KEY,
    LAG,
    LAG_KEY,
    Fed,
    collect,
    route,
    sampled,
)

from ninefold.errors import ConfigurationError

OVERFLOW = (True,)


def test_a_reserved_series_is_there_at_zero_from_the_start() -> None:
    """A cumulative reader sees 0 before the first record.

    A series that is born at 5 adds nothing to `rate()`.
    """
    fed = Fed()
    fed.histogram.reserve(DURATION_KEY)
    fed.counter.reserve(COUNTED_KEY)
    fed.gauge.reserve(LAG_KEY)
    found = collect(fed.readers[0])
    [point] = found[DURATION.name].values()
    assert (point.count, point.sum, sum(point.bucket_counts)) == (0, 0, 0)
    assert [point.value for point in found[COUNTED.name].values()] == [0]
    assert LAG.name not in found


def test_a_reserved_series_survives_the_limit() -> None:
    """What an objective needs never goes into the overflow series, which has no attributes."""
    fed = Fed(max_series=3)
    fed.counter.reserve(("a", "bad"))
    for number in range(10):
        fed.counter.add(1, (str(number), "good"))
    fed.counter.reserve(("late", "bad"))
    fed.counter.add(5, ("a", "bad"))
    fed.counter.add(7, ("late", "bad"))
    values = {key: point.value for key, point in fed.points(COUNTED).items()}
    assert values == {
        ("0", "good"): 1,
        ("1", "good"): 1,
        OVERFLOW: 8,
        ("a", "bad"): 5,
        ("late", "bad"): 7,
    }
    assert fed.dropped() == {("metrics", "cardinality"): 8}


def test_reserving_again_and_after_use_changes_nothing() -> None:
    """One series per key, whether it is reserved, recorded into or both."""
    fed = Fed()
    fed.counter.add(2, COUNTED_KEY)
    assert fed.counter.reserve(COUNTED_KEY) is fed.counter.cell(COUNTED_KEY)
    assert fed.counter.reserve(COUNTED_KEY) is fed.counter.reserve(COUNTED_KEY)
    assert fed.point(COUNTED).value == 2


def test_a_reserved_series_starts_nothing_until_it_is_recorded_into() -> None:
    """Providers are built by the first record, one into a reserved series included, once."""
    fed = Fed()
    cells = (
        fed.histogram.reserve(DURATION_KEY),
        fed.counter.reserve(COUNTED_KEY),
        fed.gauge.reserve(LAG_KEY),
    )
    collect(fed.readers[0])
    assert fed.woken == 0
    for _ in range(2):
        cells[0].record(1.0)
        assert fed.woken == 1
    fed.counter.add(1, COUNTED_KEY)
    fed.gauge.set(1, LAG_KEY)
    fed.gauge.set(1, LAG_KEY)
    assert fed.woken == 3
    assert (fed.point(DURATION).count, fed.point(COUNTED).value) == (2, 1)


def test_random_keys_are_bounded_and_their_total_is_exact() -> None:
    """A client that invents keys costs at most `max_series` series, and no count is lost."""
    keys = 50_000 if os.environ.get("CI") else 200_000
    fed = Fed(InMemoryMetricReader(), InMemoryMetricReader(preferred_temporality=DELTA))
    generator = random.Random(7)
    measured = sampled()

    def burst(count: int) -> None:
        for _ in range(count):
            fed.histogram.record(0.5, route(generator.random()), measured)

    burst(5_000)
    fed.points(DURATION, 1)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        burst(5_000)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 100_000, "bytes kept by 5,000 further keys"
    burst(keys - 10_000)
    points = fed.points(DURATION)
    assert len(points) == 2_000
    assert sum(point.count for point in points.values()) == keys
    assert points[OVERFLOW].count == keys - 1_999
    assert points[OVERFLOW].attributes == {"otel.metric.overflow": True}
    assert list(fed.points(DURATION, 1)) == [OVERFLOW]
    assert fed.dropped() == {("metrics", "cardinality"): keys - 1_999}


def test_none_in_a_key_is_an_absent_attribute() -> None:
    """A key gives values in the order of the metric's attributes; None leaves one out."""
    fed = Fed()
    fed.histogram.record(1.0, ("GET", None, None, 200, None, None))
    [point] = fed.points(DURATION).values()
    assert point.attributes == {"http.request.method": "GET", "http.response.status_code": 200}


@pytest.mark.parametrize("key", [(), ("GET",), ("GET",) * 9, None, 7, "abcdef"[:5]])
def test_a_key_of_the_wrong_length_makes_no_series(key: Any) -> None:
    """It is counted as our own fault and nothing is recorded."""
    fed = Fed()
    fed.histogram.record(1.0, key)
    assert not fed.points(DURATION)
    assert fed.dropped() == {("metrics", "internal_error"): 1}


def test_a_key_that_has_no_hash_makes_no_series() -> None:
    """A list among the values is counted as our own fault, before and after the limit."""
    fed = Fed(max_series=2)
    key: Any = ("GET", "http", ["/a"], 200, None, "1.1")
    for number in range(3):
        fed.histogram.record(1.0, key)
        fed.histogram.record(1.0, route(number))
    assert sum(point.count for point in fed.points(DURATION).values()) == 3
    assert fed.dropped()["metrics", "internal_error"] == 3


def test_a_wrong_key_is_told_to_who_declares() -> None:
    """`cell` and `reserve` are for declarations: they name the metric and what was expected."""
    fed = Fed()
    for ask in (fed.counter.cell, fed.counter.reserve):
        with pytest.raises(ValueError, match=r"ninefold\.sli\.events must have 2 values.*got 1"):
            ask(("a",))
    assert not fed.points(COUNTED)


def test_boundaries_can_be_added_until_the_first_record() -> None:
    """Every series takes them, reserved ones that a reader has seen already included."""
    fed = Fed(InMemoryMetricReader(), InMemoryMetricReader(preferred_temporality=DELTA))
    fed.histogram.reserve(DURATION_KEY)
    start = fed.point(DURATION).start_time_unix_nano
    fed.points(DURATION, 1)
    fed.histogram.widen([0.2])
    fed.histogram.widen([0.2, 0.3])
    fed.histogram.record(0.15, DURATION_KEY)
    fed.histogram.record(0.15, route("other"))
    expected = tuple(sorted({*DURATION.boundaries, 0.2, 0.3}))
    for reader in (0, 1):
        for point in fed.points(DURATION, reader).values():
            assert point.explicit_bounds == expected
            assert point.bucket_counts[expected.index(0.2)] == 1
            assert point.count == 1
    reserved = fed.points(DURATION)[tuple(v for v in DURATION_KEY if v is not None)]
    assert reserved.start_time_unix_nano == start


def test_a_boundary_after_the_first_record_is_refused_and_changes_nothing() -> None:
    """Buckets cannot be split once they hold counts; one that is there already is welcome."""
    fed = Fed()
    fed.histogram.reserve(route("first"))
    fed.histogram.record(0.15, DURATION_KEY)
    with pytest.raises(
        ConfigurationError, match=r"cannot take the boundary 0\.2 s; declare it before"
    ):
        fed.histogram.widen([0.2, 0.3])
    fed.histogram.widen([DURATION.boundaries[0]])
    fed.histogram.record(0.15, route("second"))
    for point in fed.points(DURATION).values():
        assert point.explicit_bounds == DURATION.boundaries


@pytest.mark.parametrize("bound", [0, -1, float("nan"), float("inf"), "1", None, 10**400])
def test_a_boundary_that_is_none_is_refused(bound: Any) -> None:
    """A boundary is a finite number above zero."""
    with pytest.raises(ConfigurationError, match="must be a finite number above 0 s, got"):
        Fed().histogram.widen([bound])


def test_a_gauge_shows_its_value_until_there_is_another() -> None:
    """A reader that collects twice sees the last value twice, as gauges are read by hand too."""
    fed = Fed()
    fed.gauge.set(1.5, LAG_KEY)
    fed.gauge.set(2.5, LAG_KEY)
    assert [fed.point(LAG).value for _ in range(2)] == [2.5, 2.5]
