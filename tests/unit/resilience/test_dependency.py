"""A dependency: declared once, guarded, measured, and judged by its objectives."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from typing import Any

import pytest
from tests.support.guarded import Script, Takes, Way

import ninefold as nf
from ninefold.testing import CapturedTelemetry, ManualClock, faults


class Refused(Exception):
    """What a dependency raises."""


def counted(telemetry: CapturedTelemetry, objective: str) -> tuple[float, float]:
    """Good and bad events of an objective."""
    good, bad = (
        telemetry.value("ninefold.sli.events", ninefold_slo_name=objective, ninefold_outcome=which)
        for which in ("good", "bad")
    )
    return good, bad


def test_it_is_declared_once(telemetry: CapturedTelemetry) -> None:
    """The same words give the same dependency; others are refused."""
    service, guarding = telemetry.service, nf.Policy(deadline=1.0)
    psp = service.dependency("psp", kind="http", vendor="Acme", policy=guarding)
    assert service.dependency("psp", kind="http", vendor="Acme", policy=guarding) is psp
    assert (psp.name, psp.kind, psp.vendor) == ("psp", "http", "Acme")
    assert dict(service.dependencies) == {"psp": psp}
    with pytest.raises(nf.ConfigurationError, match="declared already"):
        service.dependency("psp", kind="db")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": ""}, "a dependency's name must be"),
        ({"kind": "htp"}, "did you mean 'http'"),
        ({"vendor": " "}, "vendor must be"),
        ({"policy": nf.Breaker()}, "policy must be an nf.Policy"),
        ({"policy": nf.Policy("named")}, "leave 'named' out"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    telemetry: CapturedTelemetry, arguments: dict[str, Any], message: str
) -> None:
    """And is not declared."""
    with pytest.raises(nf.ConfigurationError, match=message):
        telemetry.service.dependency(**{"name": "psp", "kind": "http", **arguments})
    assert not telemetry.service.dependencies


def test_one_policy_for_two_dependencies_guards_each_by_itself(
    way: Way, clock: ManualClock, telemetry: CapturedTelemetry
) -> None:
    """Each has a breaker of its own."""
    shared = nf.Policy(breaker=nf.Breaker(min_calls=1), runtime=clock.runtime())
    one = telemetry.service.dependency("one", kind="db", policy=shared)
    two = telemetry.service.dependency("two", kind="db", policy=shared)
    with pytest.raises(Refused):
        way.run(one.guard, Script(clock, Refused()))
    assert (one.breaker.state, two.breaker.state) == ("open", "closed")


def test_objectives_on_both_sides_count_at_the_source(
    way: Way, clock: ManualClock, telemetry: CapturedTelemetry
) -> None:
    """Calls as we experience them; attempts as they answered them, and how soon."""
    service = telemetry.service
    psp = service.dependency(
        "psp",
        kind="http",
        policy=nf.Policy(
            retry=nf.Retry(on=Refused, backoff=nf.Backoff(jitter="none"), attempts=2),
            breaker=nf.Breaker(min_calls=5),
            runtime=clock.runtime(),
        ),
    )
    service.objective("ours", nf.dependency_availability("psp", target=0.99))
    service.objective(
        "theirs", nf.dependency_availability("psp", side="theirs", slower_than=1.0, target=0.99)
    )
    guarded = way.guard(
        psp.guard, Script(clock, Refused(), "fine", Takes(2, "late"), "fine", Refused())
    )
    assert [guarded(), guarded(), guarded()] == ["fine", "late", "fine"]
    assert counted(telemetry, "ours") == (3, 0)
    assert counted(telemetry, "theirs") == (2, 2)
    with pytest.raises(Refused):
        guarded()
    with pytest.raises(nf.CircuitOpenError):
        guarded()
    assert counted(telemetry, "ours") == (3, 2)
    assert counted(telemetry, "theirs") == (2, 4)


def test_what_our_own_guards_refuse_is_no_event_of_theirs(
    way: Way, clock: ManualClock, telemetry: CapturedTelemetry
) -> None:
    """Our bulkhead and our deadline say nothing about them; their hanging does."""
    service = telemetry.service
    psp = service.dependency(
        "psp",
        kind="http",
        policy=nf.Policy(bulkhead=nf.Bulkhead(1), attempt_timeout=2, runtime=clock.runtime()),
    )
    service.objective("ours", nf.dependency_availability("psp", target=0.99))
    guarded = way.guard(psp.guard, Script(clock, "fine"))
    with psp.permit(), pytest.raises(nf.BulkheadFullError):
        guarded()
    with nf.deadline(1, runtime=clock.runtime()):
        clock.advance(1)
        with pytest.raises(nf.DeadlineExceededError):
            guarded()
    assert counted(telemetry, "ours") == (1, 0)
    with faults.hang(psp), pytest.raises((nf.DeadlineExceededError, TimeoutError)):
        guarded()
    assert counted(telemetry, "ours") == (1, 1)


def test_an_objective_on_what_is_called_already_is_late(
    way: Way, clock: ManualClock, telemetry: CapturedTelemetry
) -> None:
    """As every objective is."""
    psp = telemetry.service.dependency("psp", kind="http")
    way.run(psp.guard, Script(clock, "fine"))
    with pytest.raises(nf.ConfigurationError, match="comes after the first event"):
        telemetry.service.objective("ours", nf.dependency_availability("psp", target=0.99))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="by design: there is no fork here")
@pytest.mark.skipif(sys.platform == "darwin", reason="by design: fork is not safe there")
def test_a_forked_child_begins_anew(clock: ManualClock) -> None:
    """Fresh locks, places that are free, and a breaker that keeps its state."""
    guarding = nf.Policy(
        "forked", breaker=nf.Breaker(min_calls=1), bulkhead=nf.Bulkhead(1), runtime=clock.runtime()
    )
    assert guarding.core.circuit is not None
    assert guarding.core.places is not None
    context = multiprocessing.get_context("fork")
    answer = context.SimpleQueue()

    def child() -> None:
        with guarding.permit():
            usage = guarding.core.places.usage  # type: ignore[union-attr]
        answer.put((usage, guarding.call(len, "x"), guarding.breaker.state))

    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        circuit, places = guarding.core.circuit, guarding.core.places
        assert circuit is not None
        assert places is not None
        with guarding.permit(), circuit._lock, places._lock, guarding.core._lock:
            held.set()
            over.wait(60)

    # Forked while another thread is in the midst of a call, and holds every lock.
    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(30)
    process = context.Process(target=child)
    try:
        process.start()
        process.join(30)
        assert process.exitcode == 0
    finally:
        process.kill()
        over.set()
        thread.join()
    assert answer.get() == (1, 1, "closed")
