"""Objectives on dependencies: what can be meant, when it is too late, and who is looked up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ninefold as nf
from ninefold.registry import DEPENDENCY_ATTEMPTS, DEPENDENCY_CALL_DURATION
from ninefold.sli.objective import Kind
from ninefold.sli.objective._engine import Verdict, attempt_verdict
from ninefold.testing import CapturedTelemetry

OURS = nf.dependency_availability("psp", target=0.999)
THEIRS = nf.dependency_availability("psp", side="theirs", target=0.999)
AGREED = nf.dependency_availability("psp", side="theirs", slower_than=1.0, target=0.999)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: nf.dependency_availability("", target=0.9), "dependency must be 1 to 255"),
        (lambda: nf.dependency_availability("psp", target=99.9), "for 99.9 % write 0.999"),
        (lambda: nf.dependency_availability("psp", target=1), "leaves no error budget"),
        (lambda: nf.dependency_availability("psp", target=0.9, window="1M"), "write '28d'"),
        (
            lambda: nf.dependency_availability("psp", side="their", target=0.9),  # type: ignore[arg-type]
            "side must be one of 'ours', 'theirs', got 'their'; did you mean 'theirs'?",
        ),
        (
            lambda: nf.dependency_availability("psp", side="theirs", slower_than=0, target=0.9),
            "slower_than must be > 0 seconds, got 0",
        ),
        (
            lambda: nf.dependency_availability("psp", slower_than=1, target=0.9),
            "got 1.0 with side='ours', where every call but a success is bad; write side='theirs'",
        ),
        (lambda: nf.dependency_availability("psp", vendor="", target=0.9), "vendor must be 1"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_value_and_the_remedy(
    wrong: Callable[[], object], words: str
) -> None:
    """A kind is checked when it is made, long before traffic."""
    with pytest.raises(nf.ConfigurationError) as raised:
        wrong()
    assert words in str(raised.value)


def test_a_promise_is_equal_to_the_same_promise() -> None:
    """However the time is written; and the vendor is part of what was agreed."""
    written = timedelta(seconds=1)
    again = nf.dependency_availability("psp", side="theirs", slower_than=written, target=0.999)
    assert again == AGREED
    assert nf.dependency_availability("psp", vendor="Acme", target=0.999) != OURS
    assert "dependency='psp'" in repr(OURS)


def test_only_dependencies_with_an_objective_are_there_to_be_looked_up(
    telemetry: CapturedTelemetry,
) -> None:
    """A caller can leave out what concerns nobody, at the cost of one look-up."""
    dependencies = telemetry.service.objectives.dependencies
    telemetry.service.objective("ours", OURS)
    assert (list(dependencies.ours), list(dependencies.theirs)) == (["psp"], [])
    telemetry.service.objective("theirs", THEIRS)
    telemetry.service.objective("agreed", AGREED)
    assert [slower_than for slower_than, _ in dependencies.theirs["psp"]] == [None, 1.0]


def call(service: nf.Service, dependency: str, outcome: str, reason: str | None = None) -> None:
    """Record as if a call had ended so."""
    calls = service.telemetry.histogram(DEPENDENCY_CALL_DURATION)
    calls.record(0.1, (dependency, outcome, reason, None))


@pytest.mark.parametrize("kind", [OURS, THEIRS, AGREED])
def test_an_objective_after_its_first_event_is_refused(
    telemetry: CapturedTelemetry, kind: Kind
) -> None:
    """Its counts would be short of what the dependency had already done."""
    service = telemetry.service
    call(service, "psp", "failure")
    service.telemetry.counter(DEPENDENCY_ATTEMPTS).add(1, ("psp", "failure"))
    with pytest.raises(nf.ConfigurationError, match="'late' comes after the first event"):
        service.objective("late", kind)
    assert service.objectives.declared == {}


def test_an_objective_may_come_after_what_it_does_not_concern(
    telemetry: CapturedTelemetry,
) -> None:
    """Another dependency, the other side, what we refused, what was abandoned."""
    service = telemetry.service
    attempts = service.telemetry.counter(DEPENDENCY_ATTEMPTS)
    call(service, "search", "success")
    call(service, "psp", "rejected", "bulkhead")
    call(service, "psp", "cancelled")
    attempts.add(1, ("psp", "cancelled"))
    service.objective("ours", OURS)
    service.objective("theirs", THEIRS)
    # Abandoned after how long? It may have been slower than agreed.
    with pytest.raises(nf.ConfigurationError, match="comes after the first event"):
        service.objective("agreed", AGREED)


def test_a_dependency_that_is_not_declared_is_named_with_the_nearest(
    telemetry: CapturedTelemetry,
) -> None:
    """Where the dependencies can be told; otherwise nothing is said."""
    service = telemetry.service
    service.objective("payments", nf.dependency_availability("pssp", target=0.9))
    service.objective("orders", nf.dependency_availability("orders-db", target=0.9))
    assert service.objectives.unknown(routes=None, operations={}) == []
    (told,) = service.objectives.unknown(
        routes=None, operations={}, dependencies=["psp", "orders-db"]
    )
    assert told.startswith("objective 'payments' is about the dependency 'pssp', which is not")
    assert told.endswith("there; did you mean 'psp'?")
    assert len(service.objectives.unknown(routes=None, operations={}, dependencies=[])) == 2


@given(
    outcome=st.sampled_from(("success", "failure", "timeout", "cancelled")),
    elapsed=st.floats(0, 10),
    longer=st.floats(0, 10),
    slower_than=st.none() | st.floats(0.001, 10),
)
def test_taking_longer_is_never_better(
    outcome: str, elapsed: float, longer: float, slower_than: float | None
) -> None:
    """What is bad stays bad the longer it takes, and what is an event stays one."""
    sooner = attempt_verdict(outcome, elapsed, slower_than)
    later = attempt_verdict(outcome, elapsed + longer, slower_than)
    assert later is sooner or later is Verdict.BAD
