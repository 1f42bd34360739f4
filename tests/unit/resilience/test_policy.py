"""A policy: what each part does to a call, and in which order."""

from __future__ import annotations

import asyncio
import functools
import gc
import threading
import time
import weakref
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.support.guarded import Script, Takes, Way

import ninefold as nf
from ninefold.testing import ManualClock, faults

STEADY = nf.Backoff(base=1.0, cap=8.0, jitter="none")


class Refused(Exception):
    """What a dependency raises."""


class Told(Exception):
    """One that wants to be told more than a message."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message, code)


class NoSuchCard(Exception):
    """A proper answer of it."""


def policy(clock: ManualClock, name: str = "psp", **parts: Any) -> nf.Policy:
    """A policy on the test's clock."""
    return nf.Policy(name, runtime=clock.runtime(), **parts)


def retry(**options: Any) -> nf.Retry:
    """A retry without chance."""
    return nf.Retry(**{"on": Refused, "backoff": STEADY, **options})


def breaker(**options: Any) -> nf.Breaker:
    """A breaker that opens after four failures."""
    return nf.Breaker(**{"min_calls": 4, "open_for": 10.0, **options})


def test_without_parts_a_call_is_what_it_was(way: Way, clock: ManualClock) -> None:
    """Arguments, results and exceptions pass."""
    assert way.run(policy(clock), Script(clock, 7)) == 7
    with pytest.raises(Refused):
        way.run(policy(clock), Script(clock, Refused()))


def test_a_retry_makes_one_call_of_several_attempts(way: Way, clock: ManualClock) -> None:
    """As a retry by itself does."""
    script = Script(clock, Refused(), "fine")
    assert way.run(policy(clock, retry=retry()), script) == "fine"
    assert clock.sleeps == (1.0,)
    last = Refused()
    with pytest.raises(Refused) as raised:
        way.run(policy(clock, retry=retry(attempts=2)), Script(clock, Refused(), last))
    assert raised.value is last
    assert "gave up of 'psp' after 2 attempts" in last.__notes__[0]


def test_an_open_breaker_calls_nobody(way: Way, clock: ManualClock) -> None:
    """It says which one is open, and for how long."""
    script = Script(clock, Refused())
    guarded = way.guard(policy(clock, breaker=breaker()), script)
    for _ in range(4):
        with pytest.raises(Refused):
            guarded()
    clock.advance(4)
    with pytest.raises(nf.CircuitOpenError) as raised:
        guarded()
    assert (raised.value.name, raised.value.retry_after) == ("psp", 6.0)
    assert script.calls == 4


def test_a_breaker_that_opens_ends_the_retrying(way: Way, clock: ManualClock) -> None:
    """What the caller is told is the failure itself."""
    script = Script(clock, Refused())
    guarded = way.guard(policy(clock, breaker=breaker(), retry=retry(attempts=9)), script)
    with pytest.raises(Refused) as raised:
        guarded()
    assert script.calls == 4
    assert "after 4 attempts in 7 s: the breaker is open" in raised.value.__notes__[0]


def test_a_call_that_an_open_breaker_refused_tells_of_no_attempts(
    way: Way, clock: ManualClock
) -> None:
    """None was made, though the retry is asked about that failure too."""
    guarding = policy(clock, breaker=breaker(), retry=retry(on=Exception))
    guarding.breaker.force_open()
    script = Script(clock, "fine")
    with pytest.raises(nf.CircuitOpenError) as raised:
        way.run(guarding, script)
    assert script.calls == 0
    assert not hasattr(raised.value, "__notes__")


def test_a_fallback_answers_whatever_happened(way: Way, clock: ManualClock) -> None:
    """A failure, a rejection, and a result that is a failure."""
    guarded = way.guard(
        policy(clock, breaker=breaker(), fallback="stale"), Script(clock, Refused())
    )
    assert [guarded() for _ in range(6)] == ["stale"] * 6
    bad = policy(clock, fail_on=lambda result: result == "bad", fallback="stale")
    assert way.run(bad, Script(clock, "bad")) == "stale"


def test_a_fallback_function_has_the_calls_arguments(way: Way, clock: ManualClock) -> None:
    """And the error, if it asks for it."""
    seen: list[Any] = []

    def stale(query: str, *, error: Exception) -> str:
        seen.append(error)
        return f"stale {query}"

    guarded = way.guard(policy(clock, fallback=stale), Script(clock, error := Refused()))
    assert guarded("pens") == "stale pens"
    assert seen == [error]


def test_a_functions_own_fallback_wins(way: Way, clock: ManualClock) -> None:
    """`@policy(fallback=…)`, as functions of one policy answer different things."""
    guarding = policy(clock, fallback="any", breaker=breaker())
    guarded = way.guard(guarding(fallback=lambda query: [query]), Script(clock, Refused()))
    assert guarded("pens") == ["pens"]
    assert way.run(guarding, Script(clock, Refused())) == "any"


def test_an_async_fallback_is_awaited(clock: ManualClock) -> None:
    """Under an async function; under another it is refused at decoration."""

    async def stale() -> str:
        return "stale"

    guarded = policy(clock, fallback=stale)
    assert asyncio.run(guarded(Script(clock, Refused()).acall)()) == "stale"
    with pytest.raises(nf.ConfigurationError, match="async"):
        guarded(Script(clock).call)


def test_a_fallback_is_outside_of_the_deadline(clock: ManualClock) -> None:
    """When the time is over it can still ask somebody else, who has guards of its own."""
    second = policy(clock, "cache", deadline=9, retry=retry())
    first = policy(clock, deadline=1)
    cached = Script(clock, Takes(2, Refused()), "cached")
    awaited = first(fallback=second(cached.acall))(Script(clock, Takes(5)).acall)
    assert asyncio.run(awaited()) == "cached"
    assert clock.now() == 4.0
    cached = Script(clock, Takes(2, Refused()), "cached")
    called = first(fallback=second(cached.call))(Script(clock, Takes(5, Refused())).call)
    assert called() == "cached"


def test_a_fallback_of_the_same_dependency_retries(way: Way, clock: ManualClock) -> None:
    """Nobody further out is retrying any more."""
    guarding = policy(clock, retry=retry(attempts=2))
    script = Script(clock, Refused(), Refused(), Refused(), "fine")
    other = guarding(script.acall if way.is_async else script.call)
    assert way.run(guarding(fallback=other), script) == "fine"


def test_a_fallback_that_could_take_no_call_is_refused(clock: ManualClock) -> None:
    """At decoration, not in the midst of an outage."""

    def search(query: str, *, limit: int = 3) -> str:
        raise Refused

    def told(first: str, *, error: Exception, limit: int = 3) -> str:
        return first

    for wrong in (lambda: "", lambda one, two: "", lambda error: ""):
        with pytest.raises(nf.ConfigurationError, match="cannot take any call"):
            policy(clock, fallback=wrong)(search)
        with pytest.raises(nf.ConfigurationError, match="give it the same parameters"):
            policy(clock)(fallback=wrong)(search)
    right: list[Any] = [
        lambda query: "",
        lambda *args: "",
        lambda query, limit: "",
        told,
        str.upper,
    ]
    for one in right:
        assert callable(policy(clock, fallback=one)(search))
    # Its decorator may well give arguments of its own.
    wrapped = functools.wraps(search)(lambda *args: search("pens"))
    assert policy(clock, fallback=lambda: "stale")(wrapped)() == "stale"


def test_a_reload_cannot_bring_an_async_fallback_to_threads(clock: ManualClock) -> None:
    """They would be given a coroutine for an answer."""

    async def stale() -> str:
        return "stale"

    guarding = policy(clock, fallback="first")
    guarded = guarding(Script(clock, Refused()).call)
    with pytest.raises(nf.ConfigurationError, match="must not be async"):
        guarding.reload(fallback=stale)
    assert guarded() == "first"
    other = policy(clock)
    awaited = other(Script(clock, Refused()).acall)
    other.reload(fallback=stale)
    assert asyncio.run(awaited()) == "stale"


def test_a_fallback_may_be_an_array(way: Way, clock: ManualClock) -> None:
    """Which has no answer to whether it equals something."""

    class Array:
        __hash__ = None  # type: ignore[assignment]  # as an array of numpy

        def __eq__(self, other: object) -> bool:
            raise ValueError("the truth value of an array is ambiguous")

        def __repr__(self) -> str:
            return "array([])"

    nothing = Array()
    guarding = policy(clock, fallback=nothing)
    assert way.run(guarding, Script(clock, Refused())) is nothing
    assert repr(guarding) == "Policy('psp', fallback=array([]))"


def test_an_error_keeps_its_context(clock: ManualClock) -> None:
    """Also where the call is made while another exception is handled."""
    causes: list[BaseException] = []

    @policy(clock, retry=retry())
    def ask() -> None:
        try:
            raise LookupError
        except LookupError as missed:
            causes.append(missed)
            raise Refused  # noqa: B904 - what Python notes by itself is what is asked for

    def main() -> None:
        try:
            raise OSError
        except OSError as first:
            causes.append(first)
            ask()

    with pytest.raises(Refused) as raised:
        main()
    assert raised.value.__context__ is causes[-1]
    assert causes[-1].__context__ is causes[0]


def test_a_fallback_has_the_callers_time_and_not_the_policys(way: Way, clock: ManualClock) -> None:
    """It stands outside: another dependency that it calls has time, and retries of its own."""
    other = policy(clock, "replica", deadline=3)
    told: list[float | None] = []

    def ask() -> str:
        told.append(nf.remaining())
        return "replica"

    async def ask_async() -> str:
        return ask()

    guarding = policy(clock, deadline=1, fallback=other(ask_async if way.is_async else ask))
    assert way.run(guarding, Script(clock, Takes(2, Refused()))) == "replica"
    assert told == [3.0]
    assert nf.remaining() is None


def test_a_fallback_that_fails_raises_its_own(way: Way, clock: ManualClock) -> None:
    """With the first failure as its context."""

    def stale() -> str:
        raise KeyError("no stale answer")

    with pytest.raises(KeyError) as raised:
        way.run(policy(clock, fallback=stale), Script(clock, error := Refused()))
    assert raised.value.__context__ is error


def test_a_fallback_may_raise_the_error_itself(way: Way, clock: ManualClock) -> None:
    """It is no context of itself; and an error's own context stays in the chain."""

    def itself(error: Exception) -> None:
        raise error

    def anew() -> None:
        try:
            raise LookupError
        except LookupError as missed:
            chain.append(missed)
            raise KeyError("no stale answer") from None

    chain: list[BaseException] = []
    error = Refused()
    with pytest.raises(Refused) as raised:
        way.run(policy(clock, fallback=itself), Script(clock, error))
    assert raised.value is error
    assert error.__context__ is None
    with pytest.raises(KeyError) as other:
        way.run(policy(clock, fallback=anew), Script(clock, error))
    assert [other.value.__context__, chain[0].__context__] == [chain[0], error]


@dataclass(frozen=True)
class Frozen(Exception):
    """Nothing can be written on it."""

    code: int


class Empty(Exception):
    """One that is false."""

    def __len__(self) -> int:
        return 0


class Hostile(Exception):
    """One whose attributes raise."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


@pytest.mark.parametrize("error", [Frozen(3), Empty(), Hostile()], ids=repr)
def test_any_exception_goes_on_as_it_is(error: Exception, way: Way, clock: ManualClock) -> None:
    """One that refuses a note or a context, is false, or whose attributes raise."""
    guarding = policy(clock, retry=retry(on=Exception, attempts=2), breaker=breaker())
    script = Script(clock, error)
    with pytest.raises(type(error)) as raised:
        way.run(guarding, script)
    assert raised.value is error
    assert script.calls == 2
    assert way.run(guarding(fallback=lambda error: [error]), script) == [error]

    def stale() -> None:
        raise error

    with pytest.raises(type(error)):
        way.run(guarding(fallback=stale), Script(clock, Refused()))


def test_an_excluding_function_that_fails_says_no(
    way: Way, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller has the error of the call, the probe its slot back; the log tells once."""
    guarding = policy(
        clock, breaker=breaker(min_calls=1, half_open=1, excluded=lambda error: error.code == 4)
    )
    guarded = way.guard(guarding, Script(clock, Refused(), Refused(), "fine"))
    for _ in range(2):
        with pytest.raises(Refused):
            guarded()
        assert guarding.breaker.state == "open"
        clock.advance(30)
    assert guarded() == "fine"
    assert guarding.breaker.state == "closed"
    assert sum("raised AttributeError about a Refused" in line for line in caplog.messages) == 1


def test_what_our_own_guards_refuse_inside_of_a_call_is_no_failure(
    way: Way, clock: ManualClock
) -> None:
    """A guarded function that calls another one of the same dependency, whose bulkhead is full."""
    guarding = policy(clock, bulkhead=nf.Bulkhead(1), breaker=breaker(min_calls=1))
    inner = guarding(Script(clock, "token").call)
    guarded = way.guard(guarding, Script(clock, "fine"))

    @guarding
    def outer() -> None:
        inner()

    with pytest.raises(nf.BulkheadFullError):
        outer()
    assert guarding.breaker.state == "closed"
    assert guarded() == "fine"


def test_a_proper_answer_is_no_failure(way: Way, clock: ManualClock) -> None:
    """It is not tried again, no fallback answers for it, and it opens nothing."""
    guarded = way.guard(
        policy(
            clock,
            excluded=NoSuchCard,
            retry=retry(on=Exception),
            breaker=breaker(),
            fallback="stale",
        ),
        script := Script(clock, NoSuchCard()),
    )
    for _ in range(8):
        with pytest.raises(NoSuchCard):
            guarded()
    assert script.calls == 8


def test_a_breaker_may_exclude_by_asking(way: Way, clock: ManualClock) -> None:
    """Classes and functions of the exception."""
    excluded = (NoSuchCard, lambda error: str(error) == "sold out")
    guarded = way.guard(
        policy(clock, breaker=breaker(excluded=excluded)),
        Script(clock, NoSuchCard(), Refused("sold out"), Refused("sold out"), NoSuchCard()),
    )
    for _ in range(6):
        with pytest.raises((NoSuchCard, Refused)):
            guarded()


def test_an_attempt_that_takes_too_long_is_ended(clock: ManualClock) -> None:
    """On an event loop: it is a failure, and the breaker counts it."""
    guarded = policy(clock, attempt_timeout=0.5, breaker=breaker())(
        Script(clock, Takes(60, "late")).acall
    )

    async def main() -> None:
        for _ in range(4):
            with pytest.raises(nf.DeadlineExceededError, match="not done within 0"):
                await guarded()
        with pytest.raises(nf.CircuitOpenError):
            await guarded()

    asyncio.run(main())
    assert clock.now() == 2.0


def test_an_attempt_that_took_too_long_can_be_tried_again(clock: ManualClock) -> None:
    """The deadline error is the retry's to name."""
    script = Script(clock, Takes(60), "fine")
    guarded = policy(clock, attempt_timeout=0.5, retry=retry(on=nf.DeadlineExceededError))(
        script.acall
    )
    assert asyncio.run(guarded()) == "fine"
    assert script.at == [0.0, 1.5]


def test_a_timeout_of_the_function_itself_is_its_own(clock: ManualClock) -> None:
    """`TimeoutError` that the client raised is not ours."""
    guarded = policy(clock, attempt_timeout=5)(Script(clock, TimeoutError("theirs")).acall)
    with pytest.raises(TimeoutError, match="theirs"):
        asyncio.run(guarded())


def test_a_thread_is_told_its_time(clock: ManualClock) -> None:
    """`nf.remaining()` is the shorter of the attempt's own time and what the deadline leaves."""
    told: list[float | None] = []

    @policy(clock, attempt_timeout=3, deadline=4, retry=retry(attempts=2))
    def ask() -> None:
        told.append(nf.remaining())
        clock.sleep(2)
        raise Refused

    with pytest.raises(Refused):
        ask()
    assert told == [3.0, 1.0]
    assert nf.remaining() is None


def test_a_deadline_bounds_all_attempts_together(clock: ManualClock) -> None:
    """The last attempt gets what is left, and no other begins."""
    script = Script(clock, Takes(60))
    guarded = policy(
        clock, deadline=5, attempt_timeout=2, retry=retry(on=nf.DeadlineExceededError, attempts=9)
    )(script.acall)
    with pytest.raises(nf.DeadlineExceededError):
        asyncio.run(guarded())
    assert script.at == [0.0, 3.0]
    assert clock.now() == 5.0


def test_the_callers_deadline_is_inherited(clock: ManualClock) -> None:
    """A policy inside a shorter deadline goes by that."""
    runtime = clock.runtime()
    guarded = policy(clock, attempt_timeout=10)(Script(clock, Takes(60)).acall)

    async def main() -> None:
        async with nf.deadline(2, runtime=runtime):
            await guarded()

    with pytest.raises(nf.DeadlineExceededError):
        asyncio.run(main())
    assert clock.now() == 2.0


def test_without_time_left_nobody_is_called(way: Way, clock: ManualClock) -> None:
    """And a breaker gives no verdict of it."""
    script = Script(clock, "fine")
    guarded = way.guard(policy(clock, breaker=breaker(min_calls=1)), script)
    with nf.deadline(1, runtime=clock.runtime()):
        clock.advance(1)
        with pytest.raises(nf.DeadlineExceededError, match="deadline of 'psp' exceeded"):
            guarded()
    assert script.calls == 0
    assert guarded() == "fine"


def test_a_hung_dependency_gives_verdicts_and_fallbacks(clock: ManualClock) -> None:
    """A deadline alone is enough: it ends the attempt, inside breaker and fallback."""
    guarding = policy(clock, deadline=1, breaker=breaker(), fallback="stale")
    guarded = guarding(Script(clock, Takes(3600)).acall)

    async def main() -> list[str]:
        return [await guarded() for _ in range(5)]

    assert asyncio.run(main()) == ["stale"] * 5
    assert guarding.breaker.state == "open"
    assert clock.now() == 4.0


def test_a_full_bulkhead_refuses(way: Way, clock: ManualClock) -> None:
    """With its name and limit; and the breaker hears of no verdict."""
    guarding = policy(clock, bulkhead=nf.Bulkhead(1), breaker=breaker(min_calls=1))
    script = Script(clock, "fine")
    guarded = way.guard(guarding, script)
    with guarding.permit(), pytest.raises(nf.BulkheadFullError, match="psp"):
        guarded()
    assert (guarded(), script.calls) == ("fine", 1)
    assert guarding.breaker.state == "closed"


def test_waiting_for_a_place_is_no_call_time(clock: ManualClock) -> None:
    """What a breaker calls slow begins when the call does."""
    guarding = policy(
        clock,
        bulkhead=nf.Bulkhead(1, wait=100),
        breaker=breaker(min_calls=1, slow=5, slow_rate=0.1),
    )
    guarded = guarding(Script(clock, Takes(3, "fine")).acall)

    async def main() -> list[str]:
        return list(await asyncio.gather(*(guarded() for _ in range(4))))

    assert asyncio.run(main()) == ["fine"] * 4
    assert clock.now() == 12.0
    assert guarding.breaker.state == "closed"


@pytest.mark.parametrize("block", [False, True], ids=["function", "block"])
def test_waiting_for_a_place_takes_of_the_deadline(block: bool, clock: ManualClock) -> None:
    """What waited 3 seconds of its 5 has 2 left: it is not given the time it had before."""
    guarding = policy(clock, deadline=5, bulkhead=nf.Bulkhead(1, wait=4))

    async def hang() -> None:
        if block:
            async with guarding.permit():
                await clock.async_sleep(60)
        else:
            await guarding(Script(clock, Takes(60)).acall)()

    async def main() -> None:
        holder = asyncio.ensure_future(guarding(Script(clock, Takes(3, "fine")).acall)())
        await asyncio.sleep(0)
        with pytest.raises(nf.DeadlineExceededError) as raised:
            await hang()
        assert await holder == "fine"
        assert raised.value.seconds == 2.0

    asyncio.run(main())
    assert clock.now() == 5.0
    assert guarding.core.places is not None
    assert guarding.core.places.usage == 0


def test_waiting_for_a_place_is_time_of_the_deadline(clock: ManualClock) -> None:
    """The call has what is left of it then, in a function and in a block."""
    guarding = policy(clock, deadline=10, attempt_timeout=10, bulkhead=nf.Bulkhead(1, wait=9))
    guarded = guarding(Script(clock, Takes(60)).acall)
    told: list[float | None] = []

    async def block() -> None:
        async with guarding.permit():
            told.append(nf.remaining())
            await clock.async_sleep(60)

    async def main() -> None:
        for second in (guarded, block):
            began = clock.now()
            first = asyncio.ensure_future(guarding(Script(clock, Takes(8)).acall)())
            await asyncio.sleep(0)
            with pytest.raises(nf.DeadlineExceededError):
                await second()
            await first
            assert clock.now() - began == 10.0

    asyncio.run(main())
    assert told == [2.0]


def test_without_time_left_a_place_that_was_waited_for_goes_back() -> None:
    """As does the probe of the breaker; and nobody is called."""
    clock = ManualClock(automatic=False)
    guarding = policy(clock, bulkhead=nf.Bulkhead(1, wait=9), breaker=breaker(half_open=1))
    script = Script(clock, "fine")
    circuit, places = guarding.core.circuit, guarding.core.places
    assert circuit is not None
    assert places is not None
    circuit.trip(0.0, "the test")
    clock.advance(10)

    async def main() -> None:
        assert places.try_enter()
        with nf.deadline(1, runtime=clock.runtime()):
            second = asyncio.ensure_future(guarding(script.acall)())
            await asyncio.sleep(0)
            places.leave()
            clock.advance(1)
            with pytest.raises(nf.DeadlineExceededError):
                await second
        assert (places.usage, script.calls) == (0, 0)
        assert await guarding(script.acall)() == "fine"

    asyncio.run(main())


@pytest.mark.parametrize("runtime", [nf.Runtime(), ManualClock().runtime()], ids=["real", "manual"])
def test_a_block_that_cannot_have_a_limit_leaves_nothing_behind(runtime: nf.Runtime) -> None:
    """An attempt timeout is asyncio's: under trio, and outside of a task, there is none."""
    guarding = nf.Policy("psp", attempt_timeout=5, bulkhead=nf.Bulkhead(1), runtime=runtime)

    async def block() -> None:
        async with guarding.permit():
            pass

    with pytest.raises(RuntimeError):
        block().send(None)
    assert guarding.core.places is not None
    assert guarding.core.places.usage == 0
    assert nf.remaining() is None


def test_cancellation_returns_place_and_probe(clock: ManualClock) -> None:
    """Wherever it comes, it passes, and nothing of the call is left behind."""
    patient = ManualClock(automatic=False)
    guarding = policy(patient, bulkhead=nf.Bulkhead(1), breaker=breaker(half_open=1))
    guarded = guarding(Script(patient, Takes(60)).acall)
    circuit = guarding.core.circuit
    assert circuit is not None
    circuit.trip(0.0, "the test")
    patient.advance(10)

    async def main() -> None:
        for _ in range(3):
            task = asyncio.ensure_future(guarded())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert guarding.core.places is not None
            assert guarding.core.places.usage == 1
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert guarding.core.places.usage == 0
            assert guarding.breaker.state == "half_open"

    asyncio.run(main())


def test_an_inner_policy_of_the_same_dependency_makes_one_attempt(
    way: Way, clock: ManualClock
) -> None:
    """Nested retries would multiply."""
    script = Script(clock, Refused())
    inner_sync = policy(clock, retry=retry(attempts=3))(script.call)
    inner_async = policy(clock, retry=retry(attempts=3))(script.acall)
    outer = policy(clock, retry=retry(attempts=2))

    class Nested(Script):
        def call(self, *args: Any, **kwargs: Any) -> Any:
            return inner_sync()

        async def acall(self, *args: Any, **kwargs: Any) -> Any:
            return await inner_async()

    with pytest.raises(Refused):
        way.run(outer, Nested(clock))
    assert script.calls == 2


def test_an_inner_policy_of_another_dependency_is_its_own(way: Way, clock: ManualClock) -> None:
    """One attempt there, and three of another dependency in it."""
    script = Script(clock, Refused())
    inner_sync = policy(clock, "other", retry=retry(attempts=3))(script.call)
    inner_async = policy(clock, "other", retry=retry(attempts=3))(script.acall)

    class Nested(Script):
        def call(self, *args: Any, **kwargs: Any) -> Any:
            return inner_sync()

        async def acall(self, *args: Any, **kwargs: Any) -> Any:
            return await inner_async()

    with pytest.raises(Refused):
        way.run(policy(clock, retry=retry(attempts=2)), Nested(clock))
    assert script.calls == 6


def test_a_task_that_outlives_its_call_retries_again(clock: ManualClock) -> None:
    """The mark of a call ends with it."""
    script = Script(clock, Refused(), Refused(), "fine")
    inner = policy(clock, retry=retry())(script.acall)
    left: list[asyncio.Task[Any]] = []
    begin = asyncio.Event

    async def main() -> Any:
        start = begin()

        async def later() -> Any:
            await start.wait()
            return await inner()

        @policy(clock, retry=retry())
        async def outer() -> None:
            left.append(asyncio.ensure_future(later()))

        await outer()
        start.set()
        return await left[0]

    assert asyncio.run(main()) == "fine"


def test_a_policys_parts_are_swapped_at_once(way: Way, clock: ManualClock) -> None:
    """The state stays: an open breaker is open under its new numbers."""
    guarding = policy(clock, breaker=breaker())
    script = Script(clock, Refused())
    guarded = way.guard(guarding, script)
    for _ in range(4):
        with pytest.raises(Refused):
            guarded()
    guarding.reload(breaker=breaker(failure_rate=0.9), fallback="stale")
    assert guarded() == "stale"
    assert script.calls == 4
    guarding.reload(breaker=None)
    assert (guarded(), script.calls) == ("stale", 5)
    with pytest.raises(nf.ConfigurationError, match="did you mean 'breaker'"):
        guarding.reload(braker=None)


def test_a_function_can_be_kept_from_being_repeated(way: Way, clock: ManualClock) -> None:
    """`@policy(idempotent=False)`, whatever the policy's retry says."""
    script = Script(clock, Refused())
    with pytest.raises(Refused):
        way.run(policy(clock, retry=retry(idempotent=True))(idempotent=False), script)
    assert script.calls == 1


def test_a_block_is_guarded_by_a_permit(clock: ManualClock) -> None:
    """Breaker, bulkhead and timeout, without retry; in both kinds of block."""
    guarding = policy(clock, breaker=breaker(), attempt_timeout=2)
    for _ in range(2):
        with pytest.raises(Refused), guarding.permit():
            raise Refused
    with guarding.permit() as call:
        assert nf.remaining() == 2.0
        call.fail()

    async def main() -> None:
        with pytest.raises(nf.DeadlineExceededError):
            async with guarding.permit():
                await clock.async_sleep(60)
        with pytest.raises(nf.CircuitOpenError):
            async with guarding.permit():
                raise AssertionError("not reached")

    asyncio.run(main())
    once = policy(clock).permit()
    with once, pytest.raises(RuntimeError, match="entered already"), once:
        pass


def test_threads_do_not_wait_for_one_another() -> None:
    """Sixteen threads in one breaker sleep at the same time."""
    guarding = nf.Policy("threads", breaker=nf.Breaker(), retry=nf.Retry(on=Refused))
    together = threading.Barrier(16)
    guarded = guarding(lambda: together.wait(20))
    threads = [threading.Thread(target=guarded) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not together.broken


def test_a_failure_leaves_no_cycle_behind(clock: ManualClock) -> None:
    """An exception and its frames are gone as soon as nobody holds them."""

    class Held:
        pass

    def ask() -> None:
        held = Held()
        kept.append(weakref.ref(held))
        raise Refused

    kept: list[weakref.ref[Any]] = []
    guarded = policy(clock, retry=retry(attempts=2), breaker=breaker())(ask)
    gc.disable()
    try:
        with pytest.raises(Refused):
            guarded()
        assert [one() for one in kept] == [None, None]
    finally:
        gc.enable()


def test_a_name_is_wanted_of_what_stands_alone(clock: ManualClock) -> None:
    """At decoration; a policy that is made for a dependency has none."""
    with pytest.raises(nf.ConfigurationError, match="must have a name"):
        nf.Policy(breaker=nf.Breaker())(lambda: None)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"deadline": 0}, "deadline must be > 0 seconds, got 0"),
        ({"attempt_timeout": -1}, "attempt_timeout must be > 0 seconds, got -1"),
        ({"retry": 3}, "retry must be an nf.Retry, got 3"),
        ({"breaker": True}, "breaker must be an nf.Breaker"),
        ({"bulkhead": 50}, "bulkhead must be an nf.Bulkhead, got 50"),
        ({"fallback": int}, "fallback must be a value"),
        ({"fail_on": 503}, "fail_on must hold exception classes"),
        ({"excluded": "none"}, "excluded must hold exception classes"),
        ({"runtime": 3}, "runtime must be an nf.Runtime"),
        ({"name": ""}, "a policy's name must be 1 to 255"),
    ],
)
def test_what_cannot_be_meant_is_refused(parts: dict[str, Any], message: str) -> None:
    """What, value and remedy."""
    with pytest.raises(nf.ConfigurationError, match=message):
        nf.Policy(**{"name": "psp", **parts})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 0}, "window must be > 0 seconds, got 0"),
        ({"min_calls": 0}, "min_calls must be a whole number >= 1"),
        ({"failure_rate": 0}, "failure_rate must be above 0 and at most 1, got 0"),
        ({"failure_rate": 1.5}, "failure_rate must be above 0 and at most 1"),
        ({"failure_rate": float("nan")}, "failure_rate must be a finite number"),
        ({"failure_rate": None}, "can never open"),
        ({"slow_rate": 0.5}, "says nothing without slow"),
        ({"slow": -1}, "slow must be > 0 seconds"),
        ({"half_open": 0}, "half_open must be a whole number >= 1"),
        ({"open_for": 0}, "open_for must be > 0 seconds"),
        ({"open_factor": 0.5}, "open_factor must be between 1 and 100"),
        ({"window_calls": 5, "min_calls": 6}, "can never open"),
        ({"excluded": 3}, "excluded must hold exception classes"),
        ({"shadow": 1}, "shadow must be True or False"),
    ],
)
def test_a_breaker_that_makes_no_sense_is_refused(options: dict[str, Any], message: str) -> None:
    """Above all one that could never open."""
    with pytest.raises(nf.ConfigurationError, match=message):
        nf.Breaker(**options)


def test_faults_stand_in_the_way_of_a_dependency(way: Way, clock: ManualClock) -> None:
    """`fail`, `slow`, `hang` and `flap`, as long as their block lasts."""
    guarding = policy(clock, attempt_timeout=2)
    script = Script(clock, "fine")
    guarded = way.guard(guarding, script)
    with faults.fail(guarding), pytest.raises(ConnectionError):
        guarded()
    with faults.fail(guarding, Refused("said")), pytest.raises(Refused, match="said"):
        guarded()
    with faults.fail(guarding, httpx.ConnectError), pytest.raises(httpx.ConnectError):
        guarded()
    with pytest.raises(nf.ConfigurationError, match="give one"), faults.fail(guarding, Told):
        pass
    assert script.calls == 0
    with faults.slow(guarding, 1.5):
        assert guarded() == "fine"
    assert clock.now() == 1.5
    with faults.hang(guarding), pytest.raises((TimeoutError, nf.DeadlineExceededError)):
        guarded()
    assert clock.now() == 3.5
    with faults.flap(guarding, bad=1, good=2):
        with pytest.raises(ConnectionError):
            guarded()
        assert [guarded(), guarded()] == ["fine", "fine"]
        with pytest.raises(ConnectionError):
            guarded()
    assert guarded() == "fine"


def test_a_hanging_thread_without_a_limit_is_refused(clock: ManualClock) -> None:
    """The test would hang."""
    guarding = policy(clock)
    with faults.hang(guarding), pytest.raises(nf.ConfigurationError, match="attempt_timeout"):
        guarding.call(len, "x")
    with pytest.raises(nf.ConfigurationError, match="faults take"), faults.fail(3):  # type: ignore[arg-type]
        pass


def test_real_time_is_the_default() -> None:
    """Without a runtime of its own a policy waits on the clock on the wall."""
    script = Script(ManualClock(), Refused(), "fine")
    quick = nf.Backoff(base=0.01, cap=0.02, jitter="none")
    began = time.monotonic()
    assert nf.Policy("real", retry=nf.Retry(on=Refused, backoff=quick)).call(script.call) == "fine"
    assert time.monotonic() - began >= 0.01


def test_a_probe_that_calls_its_own_dependency_is_one_probe(way: Way, clock: ManualClock) -> None:
    """One guarded function that calls another: the dependency recovers all the same."""
    guarding = policy(clock, breaker=breaker(half_open=1))
    script = Script(clock, "fine")
    inner_sync, inner_async = guarding(script.call), guarding(script.acall)

    class Outer(Script):
        def call(self, *args: Any, **kwargs: Any) -> Any:
            return inner_sync()

        async def acall(self, *args: Any, **kwargs: Any) -> Any:
            return await inner_async()

    assert guarding.core.circuit is not None
    guarding.core.circuit.trip(0.0, "the test")
    clock.advance(10)
    assert way.run(guarding, Outer(clock)) == "fine"
    assert guarding.breaker.state == "closed"
    guarding.core.circuit.trip(clock.now(), "the test")
    clock.advance(10)
    with guarding.permit():
        assert inner_sync() == "fine"
    assert guarding.breaker.state == "closed"


def test_a_call_that_was_refused_is_not_tried_again(way: Way, clock: ManualClock) -> None:
    """Not by `on=Exception`, which would only wait for the next probe; but where it is named."""
    guarding = policy(clock, breaker=breaker(), retry=retry(on=Exception))
    guarding.breaker.force_open()
    with pytest.raises(nf.CircuitOpenError):
        way.run(guarding, Script(clock, "fine"))
    assert clock.sleeps == ()
    named = policy(
        clock, breaker=breaker(), retry=retry(on=nf.BulkheadFullError), bulkhead=nf.Bulkhead(1)
    )
    with named.permit(), pytest.raises(nf.BulkheadFullError):
        way.run(named, Script(clock, "fine"))
    assert len(clock.sleeps) == 2


def test_a_retry_that_finds_no_room_tells_the_failure_itself(clock: ManualClock) -> None:
    """As one does that finds the breaker open."""
    guarding = policy(
        clock, bulkhead=nf.Bulkhead(1), retry=retry(backoff=nf.Backoff(base=5, cap=5))
    )

    async def main() -> None:
        first = asyncio.ensure_future(guarding(Script(clock, Refused("the failure")).acall)())
        await asyncio.sleep(0)
        second = asyncio.ensure_future(guarding(Script(clock, Takes(60)).acall)())
        with pytest.raises(Refused, match="the failure"):
            await first
        second.cancel()

    asyncio.run(main())


def test_a_retry_that_an_open_breaker_keeps_back_costs_nothing(
    way: Way, clock: ManualClock
) -> None:
    """Its token is given back."""
    guarding = policy(
        clock,
        "given back",
        breaker=breaker(min_calls=1),
        retry=retry(budget=nf.Budget(ratio=0.0, floor=1.0)),
    )
    with pytest.raises(Refused):
        way.run(guarding, Script(clock, Refused()))
    assert guarding.core.tokens is not None
    assert guarding.core.tokens.level(0.0) == 1.0
