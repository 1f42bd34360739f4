"""A series counts exactly what was measured, whoever records and whoever reads."""

from __future__ import annotations

import gc
import math
import signal
import sys
import threading
from array import array
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from tests.support.fed import (
    COUNTED,
    COUNTED_KEY,
    DELTA,
    DURATION,
    DURATION_KEY,
    LAG,
    LAG_KEY,
    LEVEL,
    LEVEL_KEY,
    Fed,
    ScrapedReader,
    collect,
    route,
    sampled,
)

from ninefold.telemetry._cells import NumberCell


class Slots:
    """Where other processes read a counter."""

    def __init__(self) -> None:
        self.counts = memoryview(array("q"))
        self.value = memoryview(array("d", [0.0]))

    def forget(self) -> None:
        """Nothing: nobody reads here."""


class Raising(float):
    """A number whose every method raises."""

    def _raise(self, *_: object) -> Any:
        raise RuntimeError("no")

    __le__ = __lt__ = __ge__ = __gt__ = __add__ = __radd__ = __float__ = __repr__ = _raise  # type: ignore[assignment]


class Array:
    """Compares and adds element by element, as an array does."""

    def __le__(self, other: object) -> Any:
        return [True]

    __ge__ = __lt__ = __gt__ = __le__

    def __add__(self, other: object) -> Any:
        return self

    __radd__ = __add__

    def __float__(self) -> float:
        return 1.0


NO_MEASUREMENT = [
    "1", "", None, math.nan, math.inf, -math.inf, Decimal(1), 10**400, -(10**400), 1j, b"1", [1],
    Raising(1), Array(), object(), float,
]  # fmt: skip


@pytest.mark.parametrize("value", NO_MEASUREMENT, ids=lambda value: type(value).__name__)
def test_what_is_no_measurement_is_counted_and_changes_nothing(value: Any) -> None:
    """Nothing raises, nothing is recorded in part, and each is counted as an invalid value."""
    fed = Fed()
    fed.histogram.record(value, DURATION_KEY, sampled())
    fed.counter.add(value, COUNTED_KEY, sampled())
    fed.level.add(value, LEVEL_KEY, sampled())
    fed.gauge.set(value, LAG_KEY)
    found = collect(fed.readers[0])
    point = found[DURATION.name][tuple(v for v in DURATION_KEY if v is not None)]
    assert (point.count, point.sum, point.min, point.max) == (0, 0, 0, 0)
    assert not point.exemplars
    assert [point.value for point in found[COUNTED.name].values()] == [0]
    assert [point.value for point in found[LEVEL.name].values()] == [0]
    assert LAG.name not in found
    assert fed.dropped() == {("metrics", "invalid_value"): 4}


@pytest.mark.parametrize("exemplars", ["always_on", "always_off", "trace_based"])
def test_an_invalid_value_is_counted_once_whatever_the_exemplar_filter(exemplars: Any) -> None:
    """A measurement that is dropped is neither offered as an exemplar nor counted as two faults."""
    fed = Fed(exemplars=exemplars)
    fed.histogram.record("x", DURATION_KEY)  # type: ignore[arg-type]
    fed.counter.add(math.nan, COUNTED_KEY)
    fed.histogram.series.cells[DURATION_KEY].show("x", sampled())  # type: ignore[arg-type]
    assert not fed.point(DURATION).exemplars
    assert not fed.point(COUNTED).exemplars
    assert fed.dropped() == {("metrics", "invalid_value"): 2}


def test_a_negative_value_is_dropped_where_it_means_nothing() -> None:
    """Counters do not fall and durations are not negative; levels and gauges may be."""
    fed = Fed()
    fed.histogram.record(-0.1, DURATION_KEY)
    fed.counter.add(-1, COUNTED_KEY)
    fed.level.add(-2, LEVEL_KEY)
    fed.gauge.set(-3.5, LAG_KEY)
    assert (fed.point(DURATION).count, fed.point(COUNTED).value) == (0, 0)
    assert (fed.point(LEVEL).value, fed.point(LAG).value) == (-2, -3.5)
    assert fed.dropped() == {("metrics", "invalid_value"): 2}


@pytest.mark.parametrize("value", [True, Fraction(1, 2), 2**70, 2**63, 1, 0.5, -0.0])
def test_every_point_holds_plain_numbers(value: Any) -> None:
    """Numbers of other makes are recorded; a point holds an integer within 64 bits, or a float.

    One that cannot be encoded would cost the whole export, and each after it.
    """
    fed = Fed(exemplars="always_on")
    for _ in range(2):
        fed.histogram.record(value, DURATION_KEY)
        fed.counter.add(value, COUNTED_KEY)
        fed.gauge.set(value, LAG_KEY)
    found = collect(fed.readers[0])
    [duration] = found[DURATION.name].values()
    numbers = [duration.sum, duration.min, duration.max, duration.exemplars[0].value]
    for metric in (COUNTED, LAG):
        [point] = found[metric.name].values()
        numbers += [point.value, *(one.value for one in point.exemplars)]
    assert duration.count == 2
    assert duration.sum == pytest.approx(2 * float(value))
    for number in numbers:
        assert type(number) in (int, float)
        assert type(number) is float or -(2**63) <= number < 2**63
    assert not fed.dropped()


def test_a_total_beyond_64_bits_is_a_float() -> None:
    """A counter of large integers goes on as a float: OTLP has no larger integers."""
    fed = Fed(InMemoryMetricReader(), InMemoryMetricReader(preferred_temporality=DELTA))
    for _ in range(3):
        fed.counter.add(2**63 - 1, COUNTED_KEY)
    for reader in (0, 1):
        value = fed.point(COUNTED, reader).value
        assert type(value) is float
        assert value == 3 * 2.0**63


@given(value=st.one_of(st.floats(), st.integers(), st.text(), st.binary(), st.none(),
                       st.decimals(), st.fractions(), st.complex_numbers(), st.booleans()),
       key=st.one_of(st.lists(st.integers(), max_size=7), st.tuples(), st.none(), st.text(),
                     st.tuples(*[st.one_of(st.text(), st.none())] * 6),
                     st.tuples(*[st.lists(st.none(), max_size=1)] * 6)),
       exemplar=st.sampled_from([None, sampled(), "rubbish", 7]))  # fmt: skip
def test_nothing_reaches_the_caller(value: Any, key: Any, exemplar: Any) -> None:
    """Whatever value, key and exemplar: no recording function raises, and no record vanishes.

    What is not recorded is counted as dropped.
    """
    fed = Fed()
    known = fed.histogram.cell(DURATION_KEY)
    fed.histogram.record(value, key, exemplar)
    fed.counter.add(value, key, exemplar)
    fed.level.add(value, key, exemplar)
    fed.gauge.set(value, key)
    known.record(value, exemplar)
    known.show(value, exemplar)
    fed.counter.cell(COUNTED_KEY).add(value, exemplar)
    fed.counter.cell(COUNTED_KEY).show(value, exemplar)
    fed.gauge.cell(LAG_KEY).set(value)
    recorded = sum(point.count for point in fed.points(DURATION).values())
    assert recorded + sum(fed.dropped().values()) >= 2


def test_delta_readers_each_see_everything_once() -> None:
    """Two delta readers and a cumulative one, out of step: each gets every record, once."""
    delta = [InMemoryMetricReader(preferred_temporality=DELTA) for _ in range(2)]
    fed = Fed(*delta, InMemoryMetricReader())
    seen = [0, 0]
    for round_ in range(1, 7):
        fed.histogram.record(0.1, DURATION_KEY)
        for number in range(2):
            if round_ % (number + 2) == 0:
                seen[number] += fed.point(DURATION, number).count
    assert seen == [6, 6]
    assert fed.point(DURATION, 2).count == 6
    assert not fed.points(DURATION, 0)


def test_a_reader_that_pushes_shows_an_exemplar_once() -> None:
    """Each with the first point after it; a scraped reader shows the newest of its bucket on."""
    push = [InMemoryMetricReader(), InMemoryMetricReader(preferred_temporality=DELTA)]
    fed = Fed(*push, ScrapedReader())

    def shown(reader: int) -> list[int]:
        exemplars = [
            one for point in fed.points(DURATION, reader).values() for one in point.exemplars
        ]
        return [one.trace_id - 2**100 for one in exemplars]

    fed.histogram.record(0.1, DURATION_KEY, sampled(1))
    fed.histogram.record(0.1, DURATION_KEY, sampled(2))
    fed.histogram.record(9.0, DURATION_KEY, sampled(3))
    assert [shown(reader) for reader in range(3)] == [[2, 3]] * 3
    fed.histogram.record(0.1, DURATION_KEY)
    assert [shown(reader) for reader in range(3)] == [[], [], [2, 3]]
    fed.histogram.record(0.1, DURATION_KEY, sampled(4))
    assert [shown(reader) for reader in range(3)] == [[4], [4], [4, 3]]


@pytest.mark.parametrize(
    ("exemplars", "expected"),
    [("trace_based", [False, True]), ("always_on", [True, True]), ("always_off", [False, False])],
)
def test_the_exemplar_filter_decides(exemplars: Any, expected: list[bool]) -> None:
    """`OTEL_METRICS_EXEMPLAR_FILTER`: those in a sampled trace, all, or none.

    For cells that are held as for instruments.
    """
    fed = Fed(exemplars=exemplars)
    cell = fed.counter.cell(COUNTED_KEY)
    found = []
    for context in (None, sampled()):
        fed.histogram.record(0.1, DURATION_KEY, context)
        cell.add(1, context)
        points = collect(fed.readers[0])
        shown = {bool(point.exemplars) for name in (DURATION.name, COUNTED.name)
                 for point in points[name].values()}  # fmt: skip
        assert len(shown) == 1
        found.append(shown.pop())
    assert found == expected


@given(st.lists(st.tuples(st.floats(0, 20), st.booleans(), st.integers(0, 2)), max_size=30))
def test_an_exemplar_lies_in_its_bucket_and_interval(
    steps: list[tuple[float, bool, int]],
) -> None:
    """Only sampled measurements are shown, one a bucket, in a bucket that counts it.

    Each is one that was recorded, between the start and the time of its point.
    """
    fed = Fed(
        InMemoryMetricReader(), InMemoryMetricReader(preferred_temporality=DELTA), ScrapedReader()
    )
    offered: dict[int, float] = {}
    for number, (value, sample, reader) in enumerate(steps, 1):
        fed.histogram.record(value, DURATION_KEY, sampled(number) if sample else None)
        if sample:
            offered[number] = value
        for point in fed.points(DURATION, reader).values():
            buckets = set()
            for exemplar in point.exemplars:
                assert offered[exemplar.trace_id - 2**100] == exemplar.value
                assert exemplar.span_id == exemplar.trace_id - 2**100 + 2**50
                assert point.start_time_unix_nano <= exemplar.time_unix_nano
                assert exemplar.time_unix_nano <= point.time_unix_nano
                bucket = sum(exemplar.value > bound for bound in point.explicit_bounds)
                assert point.bucket_counts[bucket] > 0
                buckets.add(bucket)
            assert len(buckets) == len(point.exemplars)


def test_threads_lose_nothing_while_readers_collect() -> None:
    """Four threads record while a delta and a cumulative reader collect: the totals are exact."""
    fed = Fed(InMemoryMetricReader(preferred_temporality=DELTA), InMemoryMetricReader())
    each, done, seen = 5_000, threading.Event(), {"count": 0, "sum": 0.0, "added": 0}
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)

    def record() -> None:
        for _ in range(each):
            fed.histogram.record(0.25, DURATION_KEY)
            fed.counter.add(1, COUNTED_KEY)

    def gather() -> None:
        found = collect(fed.readers[0])
        for point in found.get(DURATION.name, {}).values():
            seen["count"] += point.count
            seen["sum"] += point.sum
        for point in found.get(COUNTED.name, {}).values():
            seen["added"] += point.value
        collect(fed.readers[1])

    def keep_gathering() -> None:
        while not done.is_set():
            gather()

    threads = [threading.Thread(target=record) for _ in range(4)]
    reader = threading.Thread(target=keep_gathering)
    try:
        for thread in (*threads, reader):
            thread.start()
        for thread in threads:
            thread.join()
        done.set()
        reader.join()
    finally:
        sys.setswitchinterval(interval)
    gather()
    assert seen == {"count": 4 * each, "sum": each, "added": 4 * each}
    total = fed.point(DURATION, 1)
    assert (total.count, total.sum, max(total.bucket_counts)) == (4 * each, each, 4 * each)


def test_a_signal_handler_records_while_its_thread_holds_a_cell() -> None:
    """The locks are re-entrant: a handler or a finalizer that records does not hang."""
    fed = Fed()
    cell = fed.histogram.cell(DURATION_KEY)

    def handler(*_: object) -> None:
        fed.histogram.record(0.2, DURATION_KEY)
        fed.histogram.record("x", route("new"))  # type: ignore[arg-type]
        collect(fed.readers[0])

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        with cell.lock, fed.histogram.series.lock, fed.faults._lock:
            signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert fed.points(DURATION)[tuple(v for v in DURATION_KEY if v is not None)].count == 1


def test_a_finalizer_that_collects_inside_a_collection_neither_hangs_nor_disturbs() -> None:
    """A collection that begins inside another leaves our data for the next one; nothing is lost."""
    fed = Fed(InMemoryMetricReader(preferred_temporality=DELTA), InMemoryMetricReader())
    inner: list[Any] = []

    class Collecting(NumberCell):
        __slots__ = ()

        def delta(self, *arguments: Any) -> Any:
            inner.append(collect(fed.readers[1]))
            return super().delta(*arguments)

    fed.counter.series.cells[COUNTED_KEY] = Collecting({}, True, fed.faults)
    fed.counter.add(3, COUNTED_KEY)
    assert fed.point(COUNTED, 0).value == 3
    assert inner == [{}]
    gc.collect()
    assert fed.point(COUNTED, 1).value == 3


def test_steps_and_what_is_added_are_one_sum_before_while_and_after_others_read_it() -> None:
    """No step is lost where the way to count it changes, and others see each at once."""
    fed = Fed(InMemoryMetricReader(), InMemoryMetricReader(preferred_temporality=DELTA))
    cell, slots = fed.counter.cell(COUNTED_KEY), Slots()
    early = cell.step
    early()
    cell.add(2)
    cell.share(slots)
    assert slots.value[0] == 3
    cell.step()
    assert slots.value[0] == 4
    early()  # by a thread that took it before the series was shared
    assert [fed.point(COUNTED, reader).value for reader in (0, 1)] == [5, 5]
    assert slots.value[0] == 5
    cell.leave()
    cell.step()
    assert slots.value[0] == 5
    assert [fed.point(COUNTED, reader).value for reader in (0, 1)] == [6, 1]


def test_a_step_wakes_a_sleeping_process_once_and_is_counted() -> None:
    """The first step after a fork builds the providers, as any record does."""
    fed = Fed(InMemoryMetricReader())
    cell, woken = fed.counter.cell(COUNTED_KEY), list[bool]()
    cell.sleep(lambda: woken.append(True))
    for _ in range(3):
        cell.step()
    assert woken == [True]
    assert fed.point(COUNTED).value == 3


def test_no_step_is_lost_between_threads_and_a_reader() -> None:
    """Steps take no lock; a collection in their midst takes in each of them once."""
    fed = Fed(InMemoryMetricReader())
    cell = fed.counter.cell(COUNTED_KEY)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [
            threading.Thread(target=lambda: [cell.step() for _ in range(5_000)]) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            collect(fed.readers[0])
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert fed.point(COUNTED).value == 20_000
