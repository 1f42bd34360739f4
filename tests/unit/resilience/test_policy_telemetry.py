"""What policies tell: metrics with bounded labels, span events of kept traces, log lines."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from opentelemetry import trace
from tests.support.guarded import Script, Takes, Way

import ninefold as nf
from ninefold.testing import CapturedTelemetry, ManualClock

STEADY = nf.Backoff(base=1.0, cap=8.0, jitter="none")


class Refused(Exception):
    """What a dependency raises."""


@pytest.fixture
def telemetry(telemetry: CapturedTelemetry) -> CapturedTelemetry:
    """With a service that is set up before the test begins."""
    assert telemetry.service.settings.name == "tests"
    return telemetry


def calls(telemetry: CapturedTelemetry) -> dict[tuple[Any, ...], int]:
    """How many calls ended in which way: (outcome, reason, error.type)."""
    return {
        (
            point.attributes["ninefold.outcome"],
            point.attributes.get("ninefold.reason"),
            point.attributes.get("error.type"),
        ): point.count
        for point in telemetry.points("ninefold.dependency.call.duration")
        if point.count
    }


def counted(telemetry: CapturedTelemetry, metric: str, attribute: str) -> dict[str, int]:
    """A metric's values that are not zero, by one attribute."""
    return {
        point.attributes[attribute]: point.value
        for point in telemetry.points(metric)
        if point.value
    }


def test_each_call_is_recorded_once_by_how_it_ended(
    way: Way, clock: ManualClock, telemetry: CapturedTelemetry
) -> None:
    """Retries included, in seconds, with the reason where our own guards refused it."""
    guarding = nf.Policy(
        "psp",
        runtime=clock.runtime(),
        retry=nf.Retry(on=Refused, backoff=STEADY, attempts=2),
        breaker=nf.Breaker(min_calls=4, failure_rate=0.8),
    )
    guarded = way.guard(guarding, Script(clock, Refused(), "fine", Refused()))
    assert guarded() == "fine"
    for _ in range(2):
        with pytest.raises(Refused):
            guarded()
    with pytest.raises(nf.CircuitOpenError):
        guarded()
    name = f"{Refused.__module__}.Refused"
    assert calls(telemetry) == {
        ("success", None, None): 1,
        ("failure", None, name): 2,
        ("rejected", "open", None): 1,
    }
    assert counted(telemetry, "ninefold.dependency.attempts", "ninefold.outcome") == {
        "success": 1,
        "failure": 4,
    }
    assert counted(telemetry, "ninefold.retry.suppressed", "ninefold.reason") == {"open": 1}
    assert counted(telemetry, "ninefold.breaker.transitions", "ninefold.breaker.state") == {
        "open": 1
    }
    assert counted(telemetry, "ninefold.breaker.status", "ninefold.breaker.state") == {"open": 1}
    (fine,) = telemetry.points("ninefold.dependency.call.duration", ninefold_outcome="success")
    assert fine.sum == 1.0


def test_a_fallback_says_what_it_answered_for(
    way: Way, clock: ManualClock, telemetry: CapturedTelemetry
) -> None:
    """With the error of the dependency, or the reason of the guard."""
    guarding = nf.Policy(
        "psp", runtime=clock.runtime(), breaker=nf.Breaker(min_calls=2), fallback="stale"
    )
    guarded = way.guard(guarding, Script(clock, Refused()))
    assert [guarded() for _ in range(5)] == ["stale"] * 5
    assert calls(telemetry) == {
        ("fallback", None, f"{Refused.__module__}.Refused"): 2,
        ("fallback", "open", None): 3,
    }


def test_an_attempt_that_our_limit_ended_is_a_timeout(
    clock: ManualClock, telemetry: CapturedTelemetry
) -> None:
    """The dependency had its time: the call is a failure, with `timeout` as its error."""
    import asyncio

    guarding = nf.Policy("psp", runtime=clock.runtime(), deadline=1.0)
    with pytest.raises(nf.DeadlineExceededError):
        asyncio.run(guarding(Script(clock, Takes(60)).acall)())
    assert calls(telemetry) == {("failure", None, "timeout"): 1}
    assert counted(telemetry, "ninefold.dependency.attempts", "ninefold.outcome") == {"timeout": 1}


def test_what_was_not_called_for_want_of_time_or_room_is_rejected(
    way: Way, clock: ManualClock, telemetry: CapturedTelemetry
) -> None:
    """No attempt is counted, as none was made."""
    guarding = nf.Policy("psp", runtime=clock.runtime(), bulkhead=nf.Bulkhead(1))
    guarded = way.guard(guarding, Script(clock, "fine"))
    with guarding.permit(), pytest.raises(nf.BulkheadFullError):
        guarded()
    with nf.deadline(1, runtime=clock.runtime()):
        clock.advance(2)
        with pytest.raises(nf.DeadlineExceededError):
            guarded()
    assert calls(telemetry) == {
        ("success", None, None): 1,
        ("rejected", "bulkhead", None): 1,
        ("rejected", "deadline", None): 1,
    }


def test_a_cancelled_call_is_cancelled(clock: ManualClock, telemetry: CapturedTelemetry) -> None:
    """Whoever asked for it no longer wants it."""
    import asyncio

    guarded = nf.Policy("psp")(asyncio.sleep)

    async def main() -> None:
        task = asyncio.ensure_future(guarded(60))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert calls(telemetry) == {("cancelled", None, None): 1}
    assert counted(telemetry, "ninefold.dependency.attempts", "ninefold.outcome") == {
        "cancelled": 1
    }


def test_a_proper_answer_is_a_success(
    way: Way, clock: ManualClock, telemetry: CapturedTelemetry
) -> None:
    """The dependency did what it should."""
    guarding = nf.Policy("psp", excluded=Refused, runtime=clock.runtime())
    with pytest.raises(Refused):
        way.run(guarding, Script(clock, Refused()))
    assert calls(telemetry) == {("success", None, None): 1}


def test_series_are_there_before_the_first_failure(
    way: Way, clock: ManualClock, telemetry: CapturedTelemetry
) -> None:
    """A series that is born at 5 adds nothing to a rate."""
    guarding = nf.Policy(
        "psp", retry=nf.Retry(on=Refused), breaker=nf.Breaker(), bulkhead=nf.Bulkhead(7)
    )
    way.run(guarding, Script(clock, "fine"))
    zero = {
        (metric, *sorted(point.attributes.values())): point.value
        for metric in (
            "ninefold.dependency.attempts",
            "ninefold.retry.suppressed",
            "ninefold.breaker.transitions",
        )
        for point in telemetry.points(metric)
    }
    assert zero["ninefold.dependency.attempts", "failure", "psp"] == 0
    assert zero["ninefold.retry.suppressed", "budget", "psp"] == 0
    assert zero["ninefold.breaker.transitions", "open", "psp"] == 0
    assert telemetry.value("ninefold.bulkhead.limit") == 7
    assert telemetry.value("ninefold.bulkhead.usage") == 0


def test_attempts_are_events_of_a_span_that_is_kept(
    way: Way, clock: ManualClock, telemetry: CapturedTelemetry
) -> None:
    """With the peer's name; without a span nothing is added anywhere."""
    guarding = nf.Policy("psp", runtime=clock.runtime(), retry=nf.Retry(on=Refused, backoff=STEADY))
    guarded = way.guard(guarding, Script(clock, Refused("card 4111"), "fine"))
    with trace.get_tracer("app").start_as_current_span("checkout"):
        guarded()
    (span,) = telemetry.spans
    assert [
        (event.name, event.attributes["service.peer.name"], event.attributes["ninefold.outcome"])
        for event in span.events
        if event.attributes is not None
    ] == [("ninefold.attempt", "psp", "failure"), ("ninefold.attempt", "psp", "success")]
    assert "4111" not in str([event.attributes for event in span.events])


def test_a_breakers_transitions_are_logged(
    way: Way, clock: ManualClock, telemetry: CapturedTelemetry, caplog: pytest.LogCaptureFixture
) -> None:
    """Opening as a warning with the reason; and listeners hear of it, whatever they do."""
    guarding = nf.Policy("psp", runtime=clock.runtime(), breaker=nf.Breaker(min_calls=1))
    heard: list[str] = []
    guarding.breaker.on_transition(lambda transition: heard.append(transition.state))
    guarding.breaker.on_transition(lambda transition: 1 / 0)
    with caplog.at_level(logging.INFO, "ninefold.resilience"), pytest.raises(Refused):
        way.run(guarding, Script(clock, Refused()))
    assert "breaker 'psp' is open: 1 of 1 calls failed" in caplog.text
    assert heard == ["open"]


def test_policies_without_setup_measure_by_the_global_providers(clock: ManualClock) -> None:
    """In a process where nobody calls setup()."""
    from tests.support.child import run

    told = run(
        """
        from opentelemetry import metrics
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        import ninefold as nf

        policy = nf.Policy("alone", breaker=nf.Breaker())
        reader = InMemoryMetricReader()
        metrics.set_meter_provider(MeterProvider([reader]))
        policy.call(len, "x")
        data = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
        print(sorted(one.name for one in data))
        """
    )
    assert "'ninefold.breaker.status'" in told
    assert "'ninefold.dependency.call.duration'" in told


def test_a_policy_follows_setup_and_shutdown(clock: ManualClock) -> None:
    """Made before setup(), and still there for the next one."""
    guarding = nf.Policy("early")
    for _ in range(2):
        with CapturedTelemetry() as captured:
            assert captured.service.settings.name == "tests"
            guarding.call(len, "x")
            assert calls(captured) == {("success", None, None): 1}


def test_a_dependency_has_one_name_everywhere(
    way: Way, clock: ManualClock, telemetry: CapturedTelemetry
) -> None:
    """Its policies count under it, and share its budget."""
    budget = nf.Budget(ratio=0.0, floor=1.0)
    retrying = nf.Retry(on=Refused, attempts=9, backoff=STEADY, budget=budget)
    psp = telemetry.service.dependency(
        "psp", kind="http", policy=nf.Policy(retry=retrying, runtime=clock.runtime())
    )
    other = psp.under(nf.Policy(retry=retrying, runtime=clock.runtime()))
    assert psp.policy.core.tokens is other.core.tokens
    way.run(psp.guard, Script(clock, "fine"))
    way.run(other, Script(clock, "fine"))
    assert calls(telemetry) == {("success", None, None): 2}


def test_a_policy_that_was_used_before_setup_is_observed_once(clock: ManualClock) -> None:
    """What it told the global providers alone, it tells the service from then on."""
    guarding = nf.Policy("used early", breaker=nf.Breaker())
    guarding.call(len, "x")
    with CapturedTelemetry() as captured:
        assert captured.service.settings.name == "tests"
        guarding.call(len, "x")
        name = "used early"
        assert captured.value("ninefold.breaker.status", ninefold_dependency_name=name) == 1


@pytest.mark.parametrize("began", [0.7, 0.3, 4321.9])
def test_a_client_that_gives_up_as_it_was_told_has_timed_out(
    began: float, telemetry: CapturedTelemetry
) -> None:
    """In a thread its own exception says so, after that time by the sum of two floats."""
    clock = ManualClock(began)
    guarding = nf.Policy("psp", runtime=clock.runtime(), attempt_timeout=0.1)

    @guarding
    def ask() -> None:
        left = nf.remaining()
        assert left is not None
        clock.sleep(left)
        raise TimeoutError("the client's own")

    with pytest.raises(TimeoutError):
        ask()
    assert counted(telemetry, "ninefold.dependency.attempts", "ninefold.outcome") == {"timeout": 1}
