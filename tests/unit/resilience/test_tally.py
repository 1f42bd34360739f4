"""What calls of a dependency come to is evidence of its health, beside what its checks find."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.guarded import Script, Takes, Way
from tests.support.waiting import eventually

import ninefold as nf
from ninefold.health import Calls
from ninefold.testing import CapturedTelemetry, ManualClock


class Refused(Exception):
    """What a dependency raises."""


class NoSuchCard(Exception):
    """A proper answer, by raising it."""


@pytest.fixture(params=["measured", "disabled"])
def service(
    request: pytest.FixtureRequest,
    telemetry: CapturedTelemetry,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[nf.Service]:
    """A service, which measures or is told by OTEL_SDK_DISABLED that it must not."""
    if request.param == "measured":
        yield telemetry.service
        return
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    made = nf.setup("shop")
    yield made
    made.shutdown()


def counted(dependency: nf.Dependency) -> tuple[int, int, int]:
    """Good and bad attempts, and calls that were refused."""
    calls = dependency.calls()
    return calls.good, calls.bad, calls.refused


def psp(service: nf.Service, clock: ManualClock, **parts: Any) -> nf.Dependency:
    """A dependency with such a policy."""
    policy = nf.Policy(runtime=clock.runtime(), **parts)
    return service.dependency("psp", kind="http", policy=policy)


def attempt(guarded: Any) -> None:
    """Call it, whatever comes of it."""
    with contextlib.suppress(Refused, nf.CircuitOpenError):
        guarded()


def test_attempts_are_counted_by_what_they_came_to(
    way: Way, clock: ManualClock, service: nf.Service
) -> None:
    """Well or not; before the first there is nothing."""
    one = psp(service, clock)
    assert one.calls() == Calls()
    guarded = way.guard(one.guard, Script(clock, "fine", Refused(), "fine", Refused(), Refused()))
    for _ in range(5):
        attempt(guarded)
    assert counted(one) == (2, 3, 0)


def test_each_attempt_of_a_call_is_one(way: Way, clock: ManualClock, service: nf.Service) -> None:
    """A call that a retry mended has failed once: the dependency has."""
    retry = nf.Retry(on=Refused, attempts=3, backoff=nf.Backoff(jitter="none"))
    one = psp(service, clock, retry=retry)
    way.run(one.guard, Script(clock, Refused(), "fine"))
    assert counted(one) == (1, 1, 0)


def test_what_a_fallback_answers_has_failed(
    way: Way, clock: ManualClock, service: nf.Service
) -> None:
    """Its users do not notice; and what the breaker refuses meanwhile is refused."""
    one = psp(service, clock, fallback="so", breaker=nf.Breaker(min_calls=2))
    guarded = way.guard(one.guard, Script(clock, Refused()))
    assert [guarded() for _ in range(5)] == ["so"] * 5
    assert counted(one) == (0, 2, 3)
    assert one.calls().is_refusing


def test_what_our_own_limit_ends_is_a_failure(
    way: Way, clock: ManualClock, service: nf.Service
) -> None:
    """It had its time."""
    one = psp(service, clock, attempt_timeout=1.0)
    guarded = way.guard(one.guard, Script(clock, Takes(3.0)))
    if way.is_async:
        with pytest.raises(nf.DeadlineExceededError):
            guarded()
        assert counted(one) == (0, 1, 0)
    else:
        # A thread is never interrupted: what came late came.
        guarded()
        assert counted(one) == (1, 0, 0)


def test_what_a_full_bulkhead_refuses_says_nothing(
    way: Way, clock: ManualClock, service: nf.Service
) -> None:
    """That is our own doing: neither did they fail, nor is their breaker open."""
    one = psp(service, clock, bulkhead=nf.Bulkhead(1))
    guarded = way.guard(one.guard, Script(clock, "fine"))
    with one.permit():
        with pytest.raises(nf.BulkheadFullError):
            guarded()
        assert counted(one) == (0, 0, 0)
    assert counted(one) == (1, 0, 0)


def test_what_is_excluded_went_well(way: Way, clock: ManualClock, service: nf.Service) -> None:
    """It is an answer, and no failure of theirs."""
    one = psp(service, clock, excluded=NoSuchCard)
    guarded = way.guard(one.guard, Script(clock, NoSuchCard(), Refused()))
    with pytest.raises(NoSuchCard):
        guarded()
    with pytest.raises(Refused):
        guarded()
    assert counted(one) == (1, 1, 0)


def test_a_result_that_is_a_failure_has_failed(
    way: Way, clock: ManualClock, service: nf.Service
) -> None:
    """`fail_on` says so."""
    one = psp(service, clock, fail_on=lambda result: result == "error 500")
    guarded = way.guard(one.guard, Script(clock, "error 500", "fine"))
    assert [guarded(), guarded()] == ["error 500", "fine"]
    assert counted(one) == (1, 1, 0)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), asyncio.CancelledError()])
def test_a_call_that_was_given_up_is_none(
    error: BaseException, clock: ManualClock, service: nf.Service
) -> None:
    """Whoever gave it up knows nothing of the dependency."""
    one = psp(service, clock)

    def given_up() -> None:
        raise error

    with pytest.raises(type(error)):
        one.guard(given_up)()
    with pytest.raises(type(error)), one.permit():
        raise error
    assert counted(one) == (0, 0, 0)


def test_a_task_that_is_cancelled_is_none(service: nf.Service) -> None:
    """Also while it waits for the answer."""
    one = service.dependency("psp", kind="http")
    begun = asyncio.Event()

    @one.guard
    async def call() -> None:
        begun.set()
        await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.create_task(call())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert counted(one) == (0, 0, 0)


@pytest.mark.parametrize("is_async", [False, True])
def test_blocks_are_counted_too(is_async: bool, clock: ManualClock, service: nf.Service) -> None:
    """What a permit guards went well, failed, or was refused."""
    one = psp(service, clock, breaker=nf.Breaker(min_calls=2))

    async def awaited(error: Exception | None) -> None:
        async with one.permit():
            if error is not None:
                raise error

    def block(error: Exception | None) -> None:
        if is_async:
            asyncio.run(awaited(error))
            return
        with one.permit():
            if error is not None:
                raise error

    block(None)
    with pytest.raises(Refused):
        block(Refused())
    with pytest.raises(nf.CircuitOpenError):
        block(None)
    assert counted(one) == (1, 1, 1)


def test_other_policies_of_a_dependency_count_together(
    way: Way, clock: ManualClock, service: nf.Service
) -> None:
    """It is one dependency; whether it is refusing says its own breaker alone."""
    one = psp(service, clock)
    under = one.under(nf.Policy(breaker=nf.Breaker(min_calls=1), runtime=clock.runtime()))
    way.run(one.guard, Script(clock, "fine"))
    guarded = way.guard(under, Script(clock, Refused()))
    attempt(guarded)
    attempt(guarded)
    assert counted(one) == (1, 1, 1)
    assert not one.calls().is_refusing


def test_with_resilience_off_nothing_is_known_of_calls(
    way: Way, clock: ManualClock, telemetry: CapturedTelemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are plain calls."""
    monkeypatch.setenv("NINEFOLD_RESILIENCE", "off")
    one = psp(telemetry.service, clock)
    way.run(one.guard, Script(clock, "fine"))
    assert one.calls() == Calls()


@pytest.mark.parametrize(
    ("state", "refusing"),
    [("open", True), ("half_open", True), ("forced_open", True), ("forced_closed", False)],
)
def test_a_breaker_that_lets_a_few_pass_or_none_refuses(
    state: str, refusing: bool, clock: ManualClock, service: nf.Service
) -> None:
    """And says for how long evidence is good: as long as it is open at first."""
    one = psp(service, clock, breaker=nf.Breaker(min_calls=1, open_for=7.0))
    assert one.calls() == Calls(open_for=7.0)
    match state:
        case "open" | "half_open":
            attempt(one.guard(Script(clock, Refused()).call))
            if state == "half_open":
                clock.advance(7.0)
        case "forced_open":
            one.breaker.force_open()
        case _:
            one.breaker.force_closed()
    assert one.breaker.state == state
    assert one.calls().is_refusing == refusing
    assert one.calls().open_for == 7.0


def test_a_breaker_that_opens_is_its_dependencys_outage(service: nf.Service) -> None:
    """Row 13, in one process: while its check passes it is down by what calls say, and recovers."""
    clock = ManualClock()
    looked = threading.Event()
    one = service.dependency(
        "psp",
        kind="http",
        policy=nf.Policy(breaker=nf.Breaker(min_calls=3, half_open=1), runtime=clock.runtime()),
        check=looked.set,
        interval=0.1,
    )
    script = Script(clock, *[Refused()] * 3, "fine")
    guarded = one.guard(script.call)
    assert one.health.state == "starting"
    service.start()
    eventually(lambda: one.health.state == "up", wanted="its first probe")
    assert looked.is_set()
    for _ in range(4):
        attempt(guarded)
    assert one.breaker.state == "open"
    judged = eventually(lambda: one.health if one.health.state == "down" else None)
    assert judged.notes == ("passive",)
    assert judged.reason == "its breaker lets no call pass"
    overall = service.health.overall()
    assert (overall.status, overall.ready, overall.live) == ("DOWN", True, True)
    assert (overall.notes, overall.cause) == (("fail-open",), "psp")
    clock.advance(60)
    for _ in range(20):
        assert guarded() == "fine"
    assert one.breaker.state == "closed"
    eventually(lambda: service.health.overall().status == "UP", wanted="its recovery")
    assert one.health.notes == ()


def test_local_calls_that_fail_take_this_instance_away(service: nf.Service) -> None:
    """As row 13 says of what is critical and local; without a check calls are all there is."""
    one = service.dependency("sidecar", kind="rpc", scope="local", role="critical")
    assert one.health.state == "unknown"
    guarded = one.guard(_failing)

    def state_after(call: Any) -> str:
        # What calls said is forgotten some seconds after the last one.
        for _ in range(50):
            attempt(call)
        return one.health.state

    eventually(lambda: state_after(guarded) == "down", wanted="what calls say")
    assert not service.health.overall().ready
    fine = one.guard(lambda: "fine")
    eventually(lambda: state_after(fine) == "up", wanted="what calls say now")
    assert service.health.overall().ready


def _failing() -> None:
    raise Refused


@pytest.mark.skipif(not hasattr(os, "fork"), reason="by design: there is no fork here")
def test_a_forked_child_has_called_nobody_yet(clock: ManualClock, service: nf.Service) -> None:
    """What its parent's calls came to is no evidence of its own."""
    one = psp(service, clock)
    attempt(one.guard(Script(clock, Refused()).call))
    assert one.calls().bad == 1
    child = os.fork()
    if child == 0:
        os._exit(0 if one.calls() == Calls() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
