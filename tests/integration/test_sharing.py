"""Breakers that are shared over a real Redis: who opens whose, and what a Redis may do to calls."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import child
from tests.support.fleet import OPEN_FOR, Instance
from tests.support.net import LOOPBACK, free_port, is_listening
from tests.support.process import Process
from tests.support.redis import Redis
from tests.support.tcp_proxy import Fault, TcpProxy
from tests.support.waiting import eventually

import ninefold as nf
from ninefold.resilience.breaker import Verdict
from ninefold.testing import ManualClock

redis = pytest.importorskip("redis")

Make = Callable[..., Instance]


@pytest.fixture
def make(redis_server: Redis) -> Make:
    """One more instance, on that Redis."""

    def make(**options: Any) -> Instance:
        client = redis.Redis(port=redis_server.port)
        return Instance(nf.SharedState(**{"client": client, "quorum": 2, **options}))

    return make


@pytest.fixture
def board(redis_server: Redis) -> Iterator[Any]:
    """A client that reads what stands in Redis."""
    with redis.Redis(port=redis_server.port, decode_responses=True) as client:
        yield client


def looked(*instances: Instance) -> list[str]:
    """Have each of them look; in which states they are then."""
    for instance in instances:
        instance.look()
    return [instance.state for instance in instances]


def test_two_that_opened_open_the_third(make: Make) -> None:
    """And not one; the third is no witness, until its own probe fails."""
    one, two, three = every = [make() for _ in range(3)]
    assert looked(*every) == ["closed"] * 3
    one.fail()
    assert looked(*every, *every) == ["open", "closed", "closed"] * 2
    two.fail()
    assert looked(two, three) == ["open", "open"]
    assert three.circuit.judged_open(three.now()) is None
    three.clock.advance(OPEN_FOR)
    three.call(Verdict.FAILURE)
    assert three.circuit.judged_open(three.now()) == OPEN_FOR


def test_each_closes_by_its_own_probes_whatever_verdict_stands(make: Make) -> None:
    """A verdict is followed once; the votes of others do not repeat it while it stands."""
    one, two, three = every = [make() for _ in range(3)]
    looked(*every)
    one.fail()
    two.fail()
    assert looked(*every, *every) == ["open"] * 6
    three.clock.advance(OPEN_FOR)
    three.call()
    assert looked(*every, *every)[-1] == "closed"


def test_an_instance_that_starts_later_follows_the_verdict_that_stands(make: Make) -> None:
    """Also when those who voted are gone."""
    for _ in range(2):
        instance = make()
        instance.fail()
        instance.look()
    late = make()
    assert looked(late) == ["open"]


def test_a_verdict_and_a_vote_are_for_a_time(make: Make, board: Any) -> None:
    """The verdict is in pybreaker's storage, and ends by itself; nothing stays for ever."""
    one, two = make(), make()
    one.fail()
    two.fail()
    looked(one, two)
    assert board.get("ninefold:breaker:psp:pybreaker:state") == "open"
    for key in ("state", "opened_at"):
        assert 0 < board.pttl(f"ninefold:breaker:psp:pybreaker:{key}") <= OPEN_FOR * 1000
    now = board.time()[0]
    votes = dict(board.zrange("ninefold:breaker:psp:votes", 0, -1, withscores=True))
    assert len(votes) == 2
    assert all(now < until <= now + 1 + OPEN_FOR for until in votes.values())
    for key in ("alive", "votes"):
        assert 0 < board.ttl(f"ninefold:breaker:psp:{key}") <= 86_400


def test_a_verdict_without_an_end_is_none_once_its_time_is_over(make: Make, board: Any) -> None:
    """Whoever declared it ended before it could limit it."""
    board.set("ninefold:breaker:psp:pybreaker:state", "open")
    assert looked(make()) == ["closed"]
    board.set("ninefold:breaker:psp:pybreaker:opened_at", board.time()[0] - int(OPEN_FOR) - 1)
    assert looked(make()) == ["closed"]
    board.set("ninefold:breaker:psp:pybreaker:opened_at", board.time()[0])
    assert looked(make()) == ["open"]


def test_closing_by_hand_takes_the_vote_back(make: Make) -> None:
    """At the next look."""
    one, two, three = every = [make() for _ in range(3)]
    one.fail()
    assert looked(*every) == ["open", "closed", "closed"]
    one.circuit.reset(one.now())
    one.look()
    two.fail()
    assert looked(two, three) == ["open", "closed"]


def test_a_name_makes_one_instance_of_several_processes(make: Make) -> None:
    """The workers of a sick machine are no quorum; with another one's vote they are."""
    workers = [make(instance="machine-1") for _ in range(3)]
    other = make(instance="machine-2")
    for worker in workers:
        worker.fail()
    assert looked(*workers, other) == ["open"] * 3 + ["closed"]
    other.fail()
    third = make(instance="machine-3")
    assert looked(other, third) == ["open", "open"]


def test_two_breakers_of_one_name_are_one_instances(make: Make, redis_server: Redis) -> None:
    """They have one vote, and are opened together."""
    state = nf.SharedState(client=redis.Redis(port=redis_server.port), quorum=2)
    one = Instance(state)
    beside = Instance(state, part_of=one)
    one.fail()
    beside.fail()
    other = make()
    assert looked(one, other) == ["open", "closed"]
    one.circuit.reset(one.now())
    beside.circuit.reset(one.now())
    one.look()
    other.fail()
    make_third = make()
    make_third.fail()
    looked(other, make_third)
    one.look()
    assert [one.state, beside.state] == ["open", "open"]


def test_names_and_prefixes_part_fleets(make: Make) -> None:
    """What another service calls psp is another breaker."""
    one, two = make(prefix="billing"), make(prefix="billing")
    elsewhere = make()
    one.fail()
    two.fail()
    assert looked(one, two, elsewhere) == ["open", "open", "closed"]


@pytest.mark.parametrize("kind", ["url", "text", "blocking", "unix", "password"])
def test_any_client_of_one_server_will_do(make: Make, redis_server: Redis, kind: str) -> None:
    """It stays as it is: its connections are its own."""
    port = redis_server.port
    match kind:
        case "url":
            client = redis.Redis.from_url(f"redis://{LOOPBACK}:{port}/0?socket_timeout=0.5")
        case "text":
            client = redis.Redis(port=port, decode_responses=True)
        case "blocking":
            pool = redis.BlockingConnectionPool(port=port, max_connections=1, timeout=None)
            client = redis.Redis(connection_pool=pool)
        case "unix":
            client = redis.Redis(unix_socket_path=str(redis_server.socket))
        case _:
            with redis.Redis(port=port) as first:
                first.config_set("requirepass", "secret")
            client = redis.Redis(port=port, username="default", password="secret")
    one, two = make(client=client), make(client=client)
    one.fail()
    two.fail()
    assert looked(one, two, make(client=client)) == ["open"] * 3
    client.close()


def test_a_client_of_a_sentinel_will_do(
    make: Make, redis_server: Redis, keep: Callable[[Process], Process], tmp_path: Path
) -> None:
    """It asks who the master is."""
    port = free_port()
    settings = tmp_path / "sentinel.conf"
    settings.write_text(
        f"port {port}\nbind {LOOPBACK}\nsentinel monitor main {LOOPBACK} {redis_server.port} 1\n"
    )
    command = [redis_server.program, settings, "--sentinel"]
    sentinel = keep(Process("sentinel", command, log=tmp_path / "sentinel.log"))
    sentinel.wait_until(lambda: is_listening(port))
    asked = redis.Sentinel([(LOOPBACK, port)], socket_timeout=5)
    eventually(lambda: asked.discover_master("main"))
    client = asked.master_for("main")
    one, two = make(client=client), make(client=client)
    one.fail()
    two.fail()
    assert looked(one, two, make()) == ["open"] * 3


def test_a_redis_that_comes_back_is_told_of(
    make: Make, redis_server: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """It is empty then, and knows all votes again after a look of each."""
    caplog.set_level(logging.INFO, "ninefold.resilience")
    every = [make() for _ in range(3)]
    one, two = every[:2]
    one.fail()
    assert looked(*every) == ["open", "closed", "closed"]
    redis_server.stop()
    two.fail()
    assert looked(*every) == ["open", "open", "closed"]
    assert caplog.text.count("Redis does not answer") == 3
    redis_server.start()
    assert looked(*every) == ["open", "open", "open"]
    assert caplog.text.count("Redis answers again") == 3


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.DROP, Fault.RESET, Fault.REFUSE])
def test_no_call_touches_redis(
    redis_server: Redis, tcp_proxy: Callable[[int], TcpProxy], fault: Fault
) -> None:
    """Nor waits for it, whatever it does: one thread in the background does, and it alone."""
    users: set[str] = set()

    class Watched(redis.Connection):  # type: ignore[misc]  # redis is met at the edge
        def connect(self, *args: Any, **kwargs: Any) -> Any:
            users.add(threading.current_thread().name)
            return super().connect(*args, **kwargs)

        def send_packed_command(self, *args: Any, **kwargs: Any) -> Any:
            users.add(threading.current_thread().name)
            return super().send_packed_command(*args, **kwargs)

    proxy = tcp_proxy(redis_server.port)
    proxy.fault = fault
    pool = redis.ConnectionPool(connection_class=Watched, host=LOOPBACK, port=proxy.port)
    client = redis.Redis(connection_pool=pool)
    clock = ManualClock()
    policy = nf.Policy(
        "psp",
        breaker=nf.Breaker(
            min_calls=50,
            half_open=1,
            open_for=10,
            shared=nf.SharedState(client=client, quorum=1, interval=0.01),
        ),
        runtime=clock.runtime(),
    )

    @policy
    def call(result: Exception | None = None) -> None:
        if result is not None:
            raise result

    def fail_until_open() -> None:
        while policy.breaker.state == "closed":
            with pytest.raises(TimeoutError):
                call(TimeoutError())

    call()
    eventually(lambda: users)
    for _ in range(100):
        call()
    fail_until_open()
    with pytest.raises(nf.CircuitOpenError):
        call()
    clock.advance(10)
    call()
    assert policy.breaker.state == "closed"
    policy.breaker.force_open()
    policy.breaker.reset()
    assert users == {"ninefold-fleet"}
    proxy.fault = Fault.NONE
    proxy.cut()
    with redis.Redis(port=redis_server.port) as board:
        eventually(lambda: board.zcard("ninefold:breaker:psp:alive") == 1)


def test_a_silent_redis_holds_up_no_end(redis_server: Redis) -> None:
    """A process whose thread waits for an answer ends as any other does."""
    with TcpProxy(redis_server.port) as proxy:
        proxy.fault = Fault.DROP
        told = child.run(
            f"""
            import redis, ninefold as nf
            shared = nf.SharedState(client=redis.Redis(port={proxy.port}))
            policy = nf.Policy("psp", breaker=nf.Breaker(shared=shared))
            print(policy.call(len, "pens"))
            """
        )
    assert told == "4\n"


def test_a_forked_child_shares_on_a_thread_of_its_own(redis_server: Redis, board: Any) -> None:
    """It is an instance of its own from its first call on; the parent goes on."""
    told = child.run(
        f"""
        import os, threading, time, redis, ninefold as nf
        shared = nf.SharedState(client=redis.Redis(port={redis_server.port}), interval=0.05)
        policy = nf.Policy("psp", breaker=nf.Breaker(shared=shared))
        board = redis.Redis(port={redis_server.port})
        def alive(number):
            until = time.monotonic() + 30
            while board.zcard("ninefold:breaker:psp:alive") != number:
                assert time.monotonic() < until
                time.sleep(0.01)
        policy.call(len, "pens")
        alive(1)
        pid = os.fork()
        if pid == 0:
            names = [thread.name for thread in threading.enumerate()]
            assert names == ["MainThread"], names
            policy.call(len, "pens")
            alive(2)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status))
        """
    )
    assert told == "0\n"
    assert board.zcard("ninefold:breaker:psp:alive") == 2
