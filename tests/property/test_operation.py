"""Whatever a run and its classifiers do, the caller sees what it would without us."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from tests.support.operation import WAYS, Carried, perform

import ninefold as nf

OUTCOMES = {"success", "failure", "ignored", "cancelled"}


class NoTruth:
    """Refuses to be true or false, as an array does."""

    def __bool__(self) -> bool:
        raise ValueError("ambiguous")


class BrokenMeta(type):
    """Fails where a class is asked whether an exception is its own."""

    def __instancecheck__(cls, instance: object) -> bool:
        raise RuntimeError("broken metaclass")


class BrokenClass(Exception, metaclass=BrokenMeta):
    """A classifier that is a class, and fails."""


class Misnamed(Exception):
    """Has no module that could be told."""

    __module__ = None  # type: ignore[assignment]  # as hostile as can be


results = st.one_of(
    st.none(),
    st.integers(),
    st.text(),
    st.lists(st.integers()),
    st.builds(NoTruth),
    st.builds(object),
)
errors = st.sampled_from(
    [
        ValueError("x"),
        KeyError(),
        Misnamed(),
        OSError(2, "gone"),
        ExceptionGroup("g", [ValueError("x")]),
        BaseExceptionGroup("g", [KeyboardInterrupt()]),
        nf.DeadlineExceededError("late"),
        KeyboardInterrupt(),
        SystemExit(3),
        GeneratorExit(),
    ]
)


def answers(what: Any) -> Any:
    """Make a classifier that answers or raises `what`."""

    def asked(about: object) -> Any:
        if isinstance(what, Exception):
            raise what
        return what

    return asked


classifier = st.one_of(
    st.sampled_from(
        [ValueError, KeyError, Exception, BrokenClass, nf.RejectedError, bool, len, str]
    ),
    st.builds(
        answers,
        st.one_of(
            results,
            st.booleans(),
            st.sampled_from([ValueError("asked"), StopIteration(1), RuntimeError(), Misnamed()]),
        ),
    ),
)
several = st.lists(classifier, max_size=3)


@pytest.fixture(scope="module")
def measured() -> Iterator[tuple[nf.Service, InMemoryMetricReader]]:
    """One service for all examples, and its reader."""
    reader = InMemoryMetricReader()
    service = nf.setup("tests", readers=[reader])
    yield service, reader
    service.shutdown()


def counted(reader: InMemoryMetricReader) -> int:
    """How many runs were recorded, each with an outcome of the closed set."""
    total = 0
    data = reader.get_metrics_data()
    for resource in data.resource_metrics if data is not None else ():
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                if metric.name != "ninefold.operation.duration":
                    continue
                for point in metric.data.data_points:
                    attributes = point.attributes or {}
                    assert attributes["ninefold.outcome"] in OUTCOMES
                    failed = attributes["ninefold.outcome"] in ("failure", "cancelled")
                    assert ("error.type" in attributes) == failed
                    total += point.count  # type: ignore[union-attr]  # a histogram's
    return total


def seen(operation: Any, way: str, body: Any) -> tuple[Any, BaseException | None]:
    """What the caller sees: a result or an exception."""
    try:
        return perform(operation, way, body), None
    except Carried as carried:
        return None, carried.error
    except BaseException as error:  # noqa: BLE001 - compared, not swallowed
        return None, error


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    way=st.sampled_from(WAYS),
    result=results,
    error=st.none() | errors,
    good=several,
    ignore=several,
)
def test_the_caller_sees_what_it_would_without_us(
    way: str,
    result: Any,
    error: BaseException | None,
    good: list[Any],
    ignore: list[Any],
    measured: tuple[nf.Service, InMemoryMetricReader],
) -> None:
    """The very result or exception comes out, and the run is recorded exactly once."""
    service, reader = measured
    if isinstance(error, GeneratorExit) and way == "async_generator":
        # Python itself makes of it what it likes: it is how a generator is told to close.
        error = None

    def body(run: object) -> Any:
        if error is not None:
            raise error
        return result

    before = counted(reader)
    plain = seen(None, way, body)
    ours = seen(service.measure("job", good=good, ignore=ignore), way, body)
    assert ours[0] is plain[0]
    assert ours[1] is plain[1]
    assert counted(reader) == before + 1
