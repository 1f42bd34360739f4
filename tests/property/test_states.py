"""Whatever a service says of itself, nothing raises and sums are exact."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.states import started

import ninefold as nf
from ninefold.sli.states import Events, Throughput


class Hostile:
    """An object of which nothing can be asked."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no")

    def __hash__(self) -> int:
        raise RuntimeError("no")

    def __repr__(self) -> str:
        raise RuntimeError("no")

    def __float__(self) -> float:
        raise RuntimeError("no")

    def __call__(self) -> float:
        raise RuntimeError("no")


class HostileText(str):
    """Text that is no better."""

    __slots__ = ()

    def __hash__(self) -> int:
        raise RuntimeError("no")


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.fractions(),
    st.decimals(),
    st.complex_numbers(),
    st.text(max_size=300),
    st.lists(st.integers(), max_size=3),
    # Hypothesis hashes what `builds` and `just` gave; of a choice it asks nothing.
    st.sampled_from([Hostile, lambda: HostileText("x")]).map(lambda make: make()),
    st.just(10**400),
)
sensible = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 2**40), st.integers(0, 2**40)),
    max_size=20,
)


one_service = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def service() -> Iterator[nf.Service]:
    """One service for all examples of a test; each makes what it tests anew."""
    with started() as (service, _):
        yield service


@one_service
@given(name=anything, good=anything, total=anything)
def test_no_call_of_events_raises(service: nf.Service, name: Any, good: Any, total: Any) -> None:
    """A listener hears only of numbers that are finite, and of good ones that are at most all."""
    heard: list[tuple[str, float, float]] = []
    Events(service.telemetry, counted=lambda *told: heard.append(told)).count(
        name, good=good, total=total
    )
    for said, fine, bad in heard:
        assert type(said) is str
        assert 0 <= fine < math.inf
        assert 0 <= bad < math.inf


@one_service
@given(name=anything, arrived=anything, processed=anything, backlog=anything)
def test_no_call_of_throughput_raises(
    service: nf.Service, name: Any, arrived: Any, processed: Any, backlog: Any
) -> None:
    """Nor does a reader that asks for the backlog of it."""
    throughput = Throughput(service.telemetry)
    throughput.count(name, arrived=arrived, processed=processed, backlog=backlog)
    assert throughput._read() == []


@given(answer=anything, limit=anything)
def test_no_answer_raises_into_a_reader(answer: Any, limit: Any) -> None:
    """Whatever a callable answers, the reader is told of finite numbers alone."""
    with started() as (service, collect):
        service.freshness("a", updated_at=lambda: answer)
        service.saturation("a", usage=lambda: answer, limit=lambda: limit)
        service.throughput("a", backlog=lambda: answer)
        told = collect()
    for metric in (
        "ninefold.freshness.timestamp",
        "ninefold.saturation.utilization",
        "ninefold.throughput.backlog",
    ):
        assert all(math.isfinite(value) for value in told.named(metric).values())


@given(calls=sensible)
@settings(max_examples=50)
def test_sums_are_exact(calls: list[tuple[str, int, int]]) -> None:
    """Good and bad of each name are the sums of what was said, and together the total."""
    with started() as (service, collect):
        for name, good, bad in calls:
            service.events(name, good=good, total=good + bad)
            service.throughput(name, arrived=good, processed=bad)
        told = collect()
    expected = {
        name: (
            sum(good for said, good, _ in calls if said == name),
            sum(bad for said, _, bad in calls if said == name),
        )
        for name in {name for name, _, _ in calls}
    }
    events = told.points("ninefold.events")
    assert events == {
        (name, outcome): sums[at]
        for name, sums in expected.items()
        for at, outcome in enumerate(("good", "bad"))
    }
    assert told.named("ninefold.throughput.arrived") == {n: s[0] for n, s in expected.items()}
    assert told.named("ninefold.throughput.processed") == {n: s[1] for n, s in expected.items()}


@one_service
@given(
    good=st.floats(0, 1e300) | st.integers(0, 2**63 - 1),
    total=st.floats(0, 1e300) | st.integers(0, 2**63 - 1),
)
def test_bad_is_never_negative(service: nf.Service, good: float, total: float) -> None:
    """Floats and integers may meet: a call is told exactly if good is at most the total."""
    heard: list[float] = []
    Events(service.telemetry, counted=lambda _, fine, bad: heard.extend([fine, bad])).count(
        "a", good=good, total=total
    )
    assert bool(heard) is (Fraction(good) <= Fraction(total))
    assert all(value >= 0 for value in heard)
