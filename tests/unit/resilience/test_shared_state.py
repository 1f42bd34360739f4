"""What can be said of sharing a breaker, and what happens without a Redis that answers."""

from __future__ import annotations

import gc
import threading
import weakref
from datetime import timedelta
from typing import Any

import pytest
from tests.support.fleet import Instance, Still
from tests.support.net import free_port, unanswered_port
from tests.support.waiting import eventually

import ninefold as nf
from ninefold.resilience.breaker import Verdict
from ninefold.resilience.fleet import SHARING
from ninefold.testing import ManualClock

redis = pytest.importorskip("redis")


def shared(port: int, **options: Any) -> nf.SharedState:
    """Options for a Redis on that port."""
    return nf.SharedState(**{"client": redis.Redis(port=port), **options})


def policy(state: nf.SharedState | None, clock: ManualClock) -> nf.Policy:
    """A policy whose breaker opens at its second failure."""
    return nf.Policy(
        "psp",
        breaker=nf.Breaker(min_calls=2, open_for=10.0, shared=state),
        runtime=clock.runtime(),
    )


def test_defaults_are_half_of_the_fleet_each_second() -> None:
    """And a duration may be a timedelta."""
    state = shared(1)
    assert (state.quorum, state.interval, state.prefix, state.instance) == (
        0.5,
        1.0,
        "ninefold",
        None,
    )
    assert shared(1, interval=timedelta(milliseconds=500)).interval == 0.5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quorum": 0}, "quorum must be a whole number >= 1 instances, got 0"),
        ({"quorum": True}, "quorum must be a whole number >= 1 instances, got True"),
        ({"quorum": 1.5}, "quorum must be above 0 and at most 1 of the live instances, got 1.5"),
        ({"quorum": 0.0}, "quorum must be above 0"),
        ({"interval": 0}, "interval must be > 0 seconds"),
        ({"interval": 0.001}, "interval must be >= 0.01 seconds, got 0.001"),
        ({"prefix": ""}, "prefix must be 1 to 255 printable characters"),
        ({"instance": " a"}, "instance must be 1 to 255 printable characters"),
        (
            {"client": "redis://me:secret@host"},
            "must be a redis.Redis .* got a builtins.str",
        ),
        ({"client": redis.asyncio.Redis()}, "got a redis.asyncio.client.Redis; breakers share in"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, Any], message: str) -> None:
    """With the remedy, and without a client's password."""
    with pytest.raises(nf.ConfigurationError, match=message) as raised:
        shared(1, **options)
    assert "secret" not in str(raised.value)


def test_a_client_is_not_shown() -> None:
    """Some of them show their password."""
    state = nf.SharedState(client=redis.Redis(password="secret"))
    assert "secret" not in repr(nf.Policy("psp", breaker=nf.Breaker(shared=state)))


def test_a_breaker_is_open_for_longer_than_others_need_to_hear_of_it() -> None:
    """Two intervals at least; and it takes a SharedState, and no client."""
    with pytest.raises(nf.ConfigurationError, match="open_for must be at least twice"):
        nf.Breaker(open_for=1.5, shared=shared(1))
    client: Any = redis.Redis()
    with pytest.raises(nf.ConfigurationError, match="shared must be"):
        nf.Breaker(shared=client)


def test_nothing_starts_before_the_first_call(clock: ManualClock) -> None:
    """Nor with a call of a breaker that is not shared."""
    guarding = policy(shared(free_port()), clock)
    assert guarding.core not in SHARING._members
    alone = policy(None, clock)
    alone.call(len, "pens")
    assert alone.core not in SHARING._members
    guarding.call(len, "pens")
    assert guarding.core in SHARING._members


def test_the_thread_ends_with_the_last_shared_breaker(clock: ManualClock) -> None:
    """And another one begins with the next."""
    for _ in range(2):
        guarding = policy(shared(free_port(), interval=0.01), clock)
        guarding.call(len, "pens")
        thread = SHARING._thread
        assert thread is not None
        assert thread.daemon
        gone = weakref.ref(guarding.core)
        del guarding
        eventually(lambda gone=gone: gc.collect() >= 0 and gone() is None)  # type: ignore[misc]
        eventually(lambda thread=thread: not thread.is_alive())  # type: ignore[misc]


def test_a_breaker_that_is_shared_no_longer_is_let_go_of(clock: ManualClock) -> None:
    """By a reload, and likewise one that is shared from then on."""
    guarding = policy(shared(free_port()), clock)
    sharing = Still(clock.runtime())
    sharing.join(guarding.core)
    assert sharing.look() is not None
    guarding.reload(breaker=nf.Breaker())
    assert sharing.look() is None
    guarding.reload(breaker=nf.Breaker(shared=shared(free_port())))
    guarding.call(len, "pens")
    assert guarding.core in SHARING._members


def test_without_redis_each_judges_alone_and_says_so_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The breaker opens and closes by its own judgement."""
    instance = Instance(shared(free_port(), interval=10))
    told: list[float] = []
    instance.fail()
    while instance.now() < 110.0:
        at = instance.now()
        caplog.clear()
        assert 7.5 <= instance.look() <= 12.5
        told += [at for record in caplog.records if record.thread == threading.get_ident()]
        if told == [at]:
            assert "Redis does not answer" in caplog.text
            assert "shared breakers judge alone" in caplog.text
    assert len(told) == 2
    assert told[1] - told[0] >= 60.0
    assert instance.state == "half_open"
    instance.call()
    assert instance.state == "closed"


def test_a_redis_that_is_silent_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    """In a second, whatever timeouts the client has, and without retries."""
    with unanswered_port() as port:
        patient = redis.Redis(port=port, socket_timeout=600, socket_connect_timeout=600)
        instance = Instance(shared(port, client=patient))
        instance.look()
    assert "Redis does not answer" in caplog.text


def test_what_a_client_cannot_do_is_told_as_well(caplog: pytest.LogCaptureFixture) -> None:
    """It ends neither the thread, nor the sharing over another Redis."""

    class Odd(redis.Redis):  # type: ignore[misc]  # redis is met at the edge
        def __init__(self) -> None:
            super().__init__()

    instance = Instance(shared(1, client=Odd()))
    instance.look()
    assert "Redis does not answer (TypeError" in caplog.text


def test_a_forked_child_is_another_instance(clock: ManualClock) -> None:
    """It shares what is used there, and has no vote for what its parent judged."""
    instance = Instance(shared(free_port()))
    guarding = policy(shared(free_port()), clock)
    guarding.call(len, "pens")
    instance.fail()
    assert instance.circuit.judged_open(instance.now()) == 60.0
    before = instance.sharing._instance
    for restarted in (instance.sharing, instance.circuit, guarding.core):
        restarted.restart()
    assert instance.sharing._instance != before
    assert instance.sharing.look() is None
    assert (instance.state, instance.circuit.judged_open(instance.now())) == ("open", None)
    assert guarding.core.plan is None, "made anew, and with it shared, at the first call"


@pytest.mark.parametrize("more", [{}, {"shadow": True}], ids=["by others or by hand", "in shadow"])
def test_only_its_own_judgement_is_a_vote(more: dict[str, Any]) -> None:
    """Not what others say, nor a hand; and again what its own probes say."""
    instance = Instance(shared(free_port()), **more)
    circuit = instance.circuit
    assert circuit.judged_open(0.0) is None
    assert circuit.trip(0.0, "others")
    assert circuit.judged_open(1.0) is None
    circuit.acquire(61.0)
    assert circuit.judged_open(61.0) is None
    circuit.release(circuit._permit, Verdict.FAILURE, 0.0, 61.0)
    assert circuit.judged_open(62.0) == (None if more else 59.0)
    circuit.force("forced_open", 62.0)
    assert circuit.judged_open(62.0) is None
    circuit.reset(62.0)
    assert circuit.judged_open(62.0) is None
