"""A retry by itself: what it tries again, how long it waits, and how it gives up."""

from __future__ import annotations

import asyncio
import functools
import multiprocessing
import os
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import urllib3
from tests.support.guarded import Script, Takes, Way

import ninefold as nf
from ninefold.testing import ManualClock

STEADY = nf.Backoff(base=1.0, cap=8.0, jitter="none")


class Refused(Exception):
    """What a dependency raises."""


def retry(clock: ManualClock, **options: Any) -> nf.Retry:
    """A retry without chance."""
    options = {"on": Refused, "backoff": STEADY, "runtime": clock.runtime(), **options}
    return nf.Retry(**options)


def response(status: int, method: str = "GET", **headers: str) -> Any:
    """What an HTTP client answers."""
    return SimpleNamespace(
        status_code=status, headers=headers, request=SimpleNamespace(method=method)
    )


def test_what_goes_well_is_called_once(way: Way, clock: ManualClock) -> None:
    """Nothing is waited for, and the result is the function's own."""
    script = Script(clock, "fine")
    assert way.run(retry(clock), script) == "fine"
    assert (script.calls, clock.sleeps) == (1, ())


def test_what_was_named_is_tried_again_after_growing_waits(way: Way, clock: ManualClock) -> None:
    """The waits are the backoff's, and the result is that of the attempt that went well."""
    script = Script(clock, Refused(), Refused(), "fine")
    assert way.run(retry(clock), script) == "fine"
    assert (script.calls, clock.sleeps) == (3, (1.0, 2.0))


def test_anything_else_is_raised_at_once(way: Way, clock: ManualClock) -> None:
    """A failure that was not named comes unchanged."""
    script = Script(clock, error := KeyError("other"))
    with pytest.raises(KeyError) as raised:
        way.run(retry(clock), script)
    assert raised.value is error
    assert script.calls == 1
    assert not hasattr(error, "__notes__")


def test_giving_up_raises_the_last_exception_with_a_note(way: Way, clock: ManualClock) -> None:
    """The caller's own exception, not one of ours; no other hangs on it."""
    last = Refused("third")
    script = Script(clock, Refused("first"), Refused("second"), last)
    with pytest.raises(Refused) as raised:
        way.run(retry(clock), script)
    assert raised.value is last
    assert last.__context__ is None
    assert last.__notes__ == ["ninefold: gave up after 3 attempts in 3 s: all attempts failed"]


def test_a_result_can_be_a_failure(way: Way, clock: ManualClock) -> None:
    """Of results that stay failures the last one is handed on."""
    on = nf.status(429, 503)
    script = Script(clock, response(503), response(429), response(503))
    assert way.run(retry(clock, on=on), script).status_code == 503
    assert script.calls == 3
    script = Script(clock, response(503), response(404))
    assert way.run(retry(clock, on=on), script).status_code == 404


def test_a_status_is_found_on_an_exception_too(way: Way, clock: ManualClock) -> None:
    """As raise_for_status() of httpx and requests has it."""
    error = Refused()
    error.response = response(503)  # type: ignore[attr-defined]
    script = Script(clock, error, "fine")
    assert way.run(retry(clock, on=nf.status(503)), script) == "fine"


@pytest.mark.parametrize(
    ("asked", "waited"), [("0", 1.0), ("3", 3.0), ("6", 6.0), ("99", 6.0), ("soon", 1.0)]
)
def test_retry_after_is_heeded_within_bounds(
    way: Way, clock: ManualClock, asked: str, waited: float
) -> None:
    """Never below the computed wait, never more than five seconds above it."""
    script = Script(clock, response(503, **{"Retry-After": asked}), "fine")
    way.run(retry(clock, on=nf.status(503)), script)
    assert clock.sleeps == (waited,)


def test_no_retry_begins_after_the_deadline(way: Way, clock: ManualClock) -> None:
    """A wait that would reach it is not begun: the failure comes at once."""
    script = Script(clock, Refused())
    with pytest.raises(Refused) as raised:
        way.run(retry(clock, attempts=10, deadline=4), script)
    assert clock.sleeps == (1.0, 2.0)
    assert "after the deadline" in raised.value.__notes__[0]


def test_retry_after_beyond_the_deadline_is_not_waited_for(way: Way, clock: ManualClock) -> None:
    """Better an answer now than one that the caller does not wait for."""
    script = Script(clock, response(503, **{"Retry-After": "5"}))
    assert way.run(retry(clock, on=nf.status(503), deadline=3), script).status_code == 503
    assert clock.sleeps == ()


def test_the_callers_deadline_holds(way: Way, clock: ManualClock) -> None:
    """A retry that would begin after it is not waited for."""
    script = Script(clock, Refused())
    with nf.deadline(4, runtime=clock.runtime()), pytest.raises(Refused) as raised:
        way.run(retry(clock, attempts=10), script)
    assert script.at == [0.0, 1.0, 3.0]
    assert "after the deadline" in raised.value.__notes__[0]


def test_the_callers_deadline_holds_in_a_loop(clock: ManualClock) -> None:
    """Likewise."""

    def ask() -> None:
        for attempt in retry(clock, attempts=10):
            with attempt:
                raise Refused

    with nf.deadline(4, runtime=clock.runtime()), pytest.raises(Refused):
        ask()
    assert clock.now() == 3.0


def test_a_deadline_begins_with_the_first_attempt(way: Way, clock: ManualClock) -> None:
    """Also on a clock that begins at zero."""
    script = Script(clock, Takes(3, Refused()))
    with pytest.raises(Refused):
        way.run(retry(clock, deadline=4), script)
    assert script.calls == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="by design: there is no fork here")
@pytest.mark.skipif(sys.platform == "darwin", reason="by design: fork is not safe there")
def test_a_forked_child_retries(clock: ManualClock) -> None:
    """Though another thread asked the budget at the moment of the fork."""
    patient = retry(clock, budget=nf.Budget())
    context = multiprocessing.get_context("fork")
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        assert patient.tokens is not None
        with patient.tokens._lock:
            held.set()
            over.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(30)
    script = Script(clock, Refused(), "fine")
    process = context.Process(target=lambda: sys.exit(patient.call(script.call) != "fine"))
    try:
        process.start()
        process.join(30)
        assert process.exitcode == 0
    finally:
        process.kill()
        over.set()
        thread.join()


def test_a_budget_ends_retries(way: Way, clock: ManualClock) -> None:
    """What goes well funds what is tried again."""
    limited = retry(clock, attempts=2, budget=nf.Budget(ratio=0.5, floor=0.0))
    tokens = limited.tokens
    assert tokens is not None
    while tokens.ask(0.0):
        pass
    script = Script(clock, "fine", "fine", Refused(), "again", Refused(), "never")
    guarded = way.guard(limited, script)
    assert [guarded(), guarded(), guarded()] == ["fine", "fine", "again"]
    with pytest.raises(Refused) as raised:
        guarded()
    assert "budget" in raised.value.__notes__[0]


@pytest.mark.parametrize(
    ("method", "said", "calls"),
    [
        ("GET", None, 2),
        ("put", None, 2),
        ("POST", None, 1),
        ("PATCH", None, 1),
        ("POST", True, 2),
        ("GET", False, 1),
    ],
)
def test_what_is_not_safe_to_repeat_is_repeated_only_when_said(
    way: Way, clock: ManualClock, method: str, said: bool | None, calls: int
) -> None:
    """The method of an HTTP request decides, unless `idempotent` does (RFC 9110, 9.2.2)."""
    script = Script(clock, response(503, method), response(200, method))
    way.run(retry(clock, on=nf.status(503), idempotent=said), script)
    assert script.calls == calls


def test_a_connection_that_was_never_made_is_repeated(way: Way, clock: ManualClock) -> None:
    """A POST that was not sent did nothing."""

    class ConnectError(Exception):
        request = SimpleNamespace(method="POST")

    script = Script(clock, ConnectError(), "fine")
    assert way.run(retry(clock, on=ConnectError), script) == "fine"


def test_a_connection_that_was_never_made_is_known_in_its_wrapping(
    way: Way, clock: ManualClock
) -> None:
    """Requests says no more than that something is wrong with the connection; urllib3 says what."""
    post = requests.Request("POST", "http://psp.example/").prepare()
    pool = urllib3.HTTPConnectionPool("psp.example")

    def wrapped(reason: Exception) -> requests.ConnectionError:
        error = urllib3.exceptions.MaxRetryError(pool, "/", reason)
        return requests.ConnectionError(error, request=post)

    refused = urllib3.exceptions.NewConnectionError(pool, "refused")  # type: ignore[arg-type]
    script = Script(clock, wrapped(refused), "fine")
    assert way.run(retry(clock, on=requests.ConnectionError), script) == "fine"
    script = Script(clock, wrapped(urllib3.exceptions.ProtocolError("reset")))
    with pytest.raises(requests.ConnectionError):
        way.run(retry(clock, on=requests.ConnectionError), script)
    assert script.calls == 1


def test_a_predicate_that_fails_says_no(
    way: Way, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """It never reaches the caller; the log tells of it, once."""
    asked = retry(clock, on=lambda outcome: outcome.no_such_attribute)
    guarded = way.guard(asked, Script(clock, "fine"))
    assert [guarded(), guarded()] == ["fine", "fine"]
    with pytest.raises(Refused):
        way.run(asked, Script(clock, Refused()))
    assert len(caplog.records) == 1
    assert "AttributeError" in caplog.text


def test_no_retries_are_made_in_tests_that_say_so(way: Way, clock: ManualClock) -> None:
    """`nf.testing.no_retries()` makes every failure the last."""
    script = Script(clock, Refused())
    with nf.testing.no_retries(), pytest.raises(Refused):
        way.run(retry(clock), script)
    assert script.calls == 1


def test_a_loop_ends_when_an_attempt_goes_well(clock: ManualClock) -> None:
    """`for attempt in retry` with `with attempt` inside."""
    script = Script(clock, Refused(), "fine")
    for attempt in retry(clock):
        with attempt:
            found = script.call()
    assert (found, attempt.number, script.at) == ("fine", 2, [0.0, 1.0])


def test_a_loop_raises_what_it_gives_up_with(clock: ManualClock) -> None:
    """And what was not named, at once."""
    script = Script(clock, Refused())

    def loop(tries: nf.Retry, call: Any) -> None:
        for attempt in tries:
            with attempt:
                call()

    with pytest.raises(Refused) as raised:
        loop(retry(clock, attempts=2), script.call)
    assert (script.calls, len(raised.value.__notes__)) == (2, 1)
    with pytest.raises(KeyError):
        loop(retry(clock), Script(clock, KeyError()).call)


def test_a_loop_hears_of_results(clock: ManualClock) -> None:
    """`attempt.result` says what an attempt came to."""
    script = Script(clock, response(503), response(200))
    for attempt in retry(clock, on=nf.status(503)):
        with attempt:
            attempt.result(script.call())
    assert script.calls == 2


def test_an_async_loop_waits_on_the_event_loop(clock: ManualClock) -> None:
    """`async for attempt in retry`."""
    script = Script(clock, Refused(), Refused(), "fine")

    async def main() -> Any:
        async for attempt in retry(clock):
            with attempt:
                return await script.acall()

    assert asyncio.run(main()) == "fine"
    assert script.at == [0.0, 1.0, 3.0]


def test_an_attempt_that_is_not_entered_is_told_of(clock: ManualClock) -> None:
    """The loop would never end otherwise."""
    with pytest.raises(nf.ConfigurationError, match="with attempt:"):
        for _attempt in retry(clock):
            pass


def test_one_object_serves_many_loops_at_once(clock: ManualClock) -> None:
    """A retry holds nothing of a call."""
    one = retry(clock)
    outer = [attempt.number for attempt in _entered(one) for _ in _entered(one)]
    assert outer == [1]


def _entered(one: nf.Retry) -> Iterator[Any]:
    for attempt in one:
        with attempt:
            yield attempt


def test_a_cancelled_wait_is_the_end(clock: ManualClock) -> None:
    """Cancellation passes through, and nothing is called after it."""
    patient = ManualClock(automatic=False)
    script = Script(patient, Refused())

    async def main() -> None:
        task = asyncio.ensure_future(retry(patient)(script.acall)())
        await asyncio.sleep(0)
        assert patient.sleeps
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert script.calls == 1


def test_methods_and_their_kinds_keep_what_they_are(clock: ManualClock) -> None:
    """Methods bind, class and static methods too, and names stay."""
    tries = retry(clock)

    class Shop:
        @tries
        def here(self) -> Shop:
            """Say where."""
            return self

        @tries
        @classmethod
        def kind(cls) -> type:
            return cls

        @staticmethod
        @tries
        def free(value: int) -> int:
            return value

    shop = Shop()
    assert (shop.here(), shop.kind(), shop.free(3)) == (shop, Shop, 3)
    assert Shop.here.__doc__ == "Say where."


def test_call_needs_no_decoration(clock: ManualClock) -> None:
    """`retry.call(fn, …)`, for a function that is somebody else's; async ones are awaited."""
    script = Script(clock, Refused(), "fine", Refused(), "well")
    assert retry(clock).call(script.call, 1, two=2) == "fine"
    assert asyncio.run(retry(clock).call(script.acall)) == "well"


def test_a_partial_of_an_async_function_is_async(clock: ManualClock) -> None:
    """What is decorated is looked at, not how it is spelled."""
    script = Script(clock, Refused(), "fine")
    assert asyncio.run(retry(clock)(functools.partial(script.acall, 1))()) == "fine"


def generator() -> Iterator[int]:
    """Yield."""
    yield 1


async def async_generator() -> Any:
    """Yield, on an event loop."""
    yield 1


@pytest.mark.parametrize(
    ("target", "word"),
    [
        (generator, "generator function"),
        (async_generator, "async generator"),
        (int, "int"),
        (3, "3"),
    ],
)
def test_what_cannot_be_called_anew_is_refused(clock: ManualClock, target: Any, word: str) -> None:
    """At decoration, with the remedy."""
    with pytest.raises(nf.ConfigurationError, match=word):
        retry(clock)(target)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"on": ()}, "on must name at least one failure"),
        ({"on": 3}, "on must hold exception classes"),
        ({"on": BaseException}, "on must not hold BaseException"),
        ({"on": (asyncio.CancelledError,)}, "on must not hold CancelledError"),
        ({"attempts": 0}, "attempts must be a whole number >= 1"),
        ({"attempts": 2.0}, "attempts must be a whole number"),
        ({"deadline": 0}, "deadline must be > 0 seconds, got 0"),
        ({"deadline": float("nan")}, "deadline must be a finite number"),
        ({"backoff": 1.0}, "backoff must be an nf.Backoff, got 1.0"),
        ({"budget": 0.2}, "budget must be an nf.Budget, got 0.2"),
        ({"idempotent": "yes"}, "idempotent must be True, False or None"),
        ({"runtime": object()}, "runtime must be an nf.Runtime"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    clock: ManualClock, options: dict[str, Any], message: str
) -> None:
    """What, value and remedy."""
    with pytest.raises(nf.ConfigurationError, match=message):
        retry(clock, **options)


@pytest.mark.parametrize("codes", [(), (99,), (600,), ("503",)])
def test_a_status_is_one(codes: tuple[Any, ...]) -> None:
    """From 100 to 599, and at least one."""
    with pytest.raises(nf.ConfigurationError):
        nf.status(*codes)
