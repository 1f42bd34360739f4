"""A Health by itself: what is watched, what is refused, what is logged and measured."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.child import run
from tests.support.waiting import eventually
from tests.support.watching import Says, Watching, watching

import ninefold as nf
from ninefold.health import Calls, Finding, Patience, Place
from ninefold.registry import HEALTH_CHECK_DURATION, HEALTH_STATUS
from ninefold.testing import CapturedTelemetry

DSN = "postgresql://shop:hunter22@db/shop"
SECRET = "hunter22"


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What health logs."""
    with caplog.at_level(logging.INFO, "ninefold.health"):
        yield caplog


def lines(logged: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """What was logged so far: level and message."""
    return [
        (record.levelname, record.getMessage())
        for record in logged.records
        if record.name == "ninefold.health"
    ]


def test_it_probes_what_was_added_and_answers() -> None:
    """Without `setup()`: the first answer starts it, and soon it knows."""
    with watching() as made:
        go, calls = threading.Event(), list[int]()

        def looks() -> None:
            calls.append(1)
            go.wait(30)

        made.health.add("ledger", looks)
        assert made.ask("/readyz") == (503, {"status": "STARTING"})
        assert made.ask("/startupz") == (503, {"status": "STARTING"})
        eventually(lambda: calls, wanted="a probe, as it was asked")
        go.set()
        made.begin("ledger")
        assert made.ask("/readyz") == (200, {"status": "UP"})
        assert made.ask("/startupz") == (200, {"status": "UP"})
        assert len(calls) == 1


def test_with_nothing_added_it_is_up_and_runs_no_thread() -> None:
    """There is nothing to be watched."""
    threads = set(threading.enumerate())
    with watching() as made:
        assert made.ask("/readyz") == (200, {"status": "UP"})
        assert set(threading.enumerate()) == threads


def test_nothing_is_probed_before_it_is_asked() -> None:
    """A server may load the application and fork."""
    threads = set(threading.enumerate())
    with watching() as made:
        check = Says()
        made.health.add("ledger", check)
        assert set(threading.enumerate()) == threads
        assert check.calls == 0


def test_one_that_is_added_later_is_probed_and_unsettles_nothing() -> None:
    """Also while it runs, and whatever it finds at first."""
    with watching() as made:
        made.health.add("ledger", Says())
        made.begin("ledger")
        made.health.add("late", Says(OSError("refused")), scope="local")
        assert made.ask("/readyz")[0] == 200
        made.begin("late")
        assert made.state("late") == "starting"
        assert made.ask("/readyz")[0] == 200


def test_the_first_that_is_added_after_the_start_is_probed() -> None:
    """There was nothing to do for the scheduler before."""
    with watching() as made:
        made.health.start()
        made.health.add("ledger", Says())
        made.begin("ledger")
        assert made.state("ledger") == "up"


def test_probes_cost_no_extra_call() -> None:
    """Row 18: two hundred answers are read from what is known."""
    with watching(environment="development") as made:
        check = Says()
        made.health.add("ledger", check)
        made.begin("ledger")
        for _ in range(50):
            for path in ("/livez", "/readyz", "/startupz", "/healthz"):
                assert made.ask(path, "verbose", is_local=True)[0] == 200
        assert check.calls == 1


def test_a_critical_local_one_takes_readiness_after_three_and_gives_it_back_after_two() -> None:
    """Rows 1 and 2."""
    with watching() as made:
        check = Says()
        made.health.add("disk", check, scope="local")
        made.begin("disk")
        check.found = OSError("no space")
        made.probe("disk", 2)
        assert made.ask("/readyz") == (200, {"status": "UP"})
        assert made.health.states()["disk"].notes == ("suspect",)
        made.probe("disk")
        assert made.ask("/readyz") == (503, {"status": "DOWN"})
        assert made.ask("/livez") == (200, {"status": "UP"})
        check.found = None
        made.probe("disk")
        assert made.ask("/readyz")[0] == 503
        made.probe("disk")
        assert made.ask("/readyz") == (200, {"status": "UP"})


def test_several_checks_are_replicas() -> None:
    """One of three down is degraded; two of three are down; a quorum of one is enough if said."""
    with watching() as made:
        checks = [Says(), Says(False), Says(False)]
        made.health.add("shards", checks, fail_after=1)
        made.health.add("mirrors", checks, fail_after=1, quorum=1)
        made.begin("shards", "mirrors")
        assert (made.state("shards"), made.state("mirrors")) == ("down", "degraded")
        assert "quorum" in made.health.states()["shards"].notes


async def _awaited() -> Finding:
    return Finding("degraded", "a shard is being rebuilt")


@pytest.mark.parametrize("check", [_awaited, nf.checks.function(_awaited)])
def test_coroutine_functions_are_checks(check: Any) -> None:
    """On a loop of ours, as there is no other."""
    with watching() as made:
        made.health.add("shards", check, fail_after=1)
        made.begin("shards")
        judged = made.health.states()["shards"]
        assert (judged.state, judged.reason) == ("degraded", "a shard is being rebuilt")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, r"a dependency's name must be 1 to 255 printable .* got ''"),
    ({"name": 7}, r"a dependency's name must be 1 to 255 printable .* got 7"),
    ({"name": "a\nb"}, r"a dependency's name must be"),
    ({"role": "critcal"}, r"role must be one of 'critical', 'optional', got 'critcal'; did you"),
    ({"scope": "global"}, r"scope must be one of 'shared', 'local', got 'global'"),
    ({"interval": 0}, r"interval must be > 0 seconds, got 0"),
    ({"interval": "10s"}, r"interval must be a number > 0 seconds, got '10s'"),
    ({"timeout": -1.0}, r"timeout must be > 0 seconds, got -1.0"),
    ({"timeout": float("nan")}, r"timeout must be .* got nan"),
    ({"fail_after": 0}, r"fail_after must be a whole number >= 1 probes, got 0"),
    ({"fail_after": 1.5}, r"fail_after must be a whole number >= 1 probes, got 1.5"),
    ({"recover_after": True}, r"recover_after must be a whole number >= 1 probes, got True"),
    ({"latency_budget": 3.0}, r"latency_budget must be .*2.*, got 3.0"),
    ({"latency_budget": 0}, r"latency_budget must be > 0 seconds, got 0"),
    ({"quorum": 0}, r"quorum must be a whole number >= 1 replicas, got 0"),
    ({"upstreams": "pg"}, r"upstreams must be a list of names, got 'pg'; write upstreams="),
    ({"upstreams": 5}, r"upstreams must be a list of names, got 5; write upstreams="),
    ({"upstreams": [5]}, r"an upstream's name must be .* got 5"),
    ({"upstreams": ["ledger"]}, r"'ledger' cannot be upstream of itself"),
    ({"name": "taken"}, r"'taken' is watched over already; choose another name"),
    ({"name": "b", "upstreams": ["a"]}, r"\(b -> a -> b\); leave one of these upstreams out"),
    ({"check": []}, r"check must not be an empty list; leave it out"),
    ({"check": Says}, r"must be a function, got the class Says; give a function"),
    ({"check": [Says]}, r"must be a function, got the class Says"),
    ({"check": None}, r"check must be a check, .* got a NoneType; nf.checks says"),
    ({"check": DSN}, r"check must be a check, .* got a str; nf.checks says"),
    ({"check": lambda host: host}, r"must take no arguments, .* wants host; bind them"),
    ({"owner": 5}, r"owner must be 1 to 255 printable .* got 5"),
    ({"runbook": ""}, r"runbook must be 1 to 255 printable .* got ''"),
]


@pytest.mark.parametrize(("words", "message"), REFUSED)
def test_what_cannot_be_meant_is_refused_and_not_watched(
    words: dict[str, Any], message: str
) -> None:
    """What, the value, and what to do; an address that was given by mistake is not shown."""
    with watching() as made:
        made.health.add("taken", Says())
        made.health.add("a", Says(), upstreams=["b"])
        given: dict[str, Any] = {"name": "ledger", "check": Says(), **words}
        with pytest.raises(nf.ConfigurationError, match=message) as told:
            made.health.add(given.pop("name"), given.pop("check"), **given)
        assert SECRET not in str(told.value)
        assert set(made.health.states()) == {"taken", "a"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"name": ""}, r"a service's name must be 1 to 255 printable .* got ''"),
        ({"name": 5}, r"a service's name must be 1 to 255 printable .* got 5"),
        ({"version": 1.4}, r"version must be 1 to 255 printable .* got 1.4"),
        ({"version": "1\ud800"}, r"version must be 1 to 255 printable"),
        ({"startup": "requre"}, r"startup must be one of 'open', 'require', got 'requre'; did you"),
        ({"start_deadline": -1}, r"start_deadline must be >= 0 seconds, got -1"),
        ({"start_deadline": "soon"}, r"start_deadline must be a number >= 0 seconds, got 'soon'"),
        ({"token": "short"}, r"^token must be 8 or more"),
        ({"token": 12345678}, r"^token must be 8 or more"),
        ({"token": b"abcdefgh"}, r"^token must be 8 or more"),
        ({"token": " " * 9}, r"^token must be 8 or more"),
        ({"token": "schlüssel"}, r"^token must be 8 or more"),
    ],
)
def test_a_health_that_cannot_be_meant_is_refused(words: dict[str, Any], message: str) -> None:
    """At once; and of a token nothing is shown."""
    with pytest.raises(nf.ConfigurationError, match=message) as told:
        nf.Health(**words)
    if "token" in words:
        assert str(words["token"]).strip() not in str(told.value) or not str(words["token"]).strip()


# What is logged


def test_each_change_is_logged_once_with_its_reason(logged: pytest.LogCaptureFixture) -> None:
    """Of the dependency and of the service; and as long as nothing changes, nothing is."""
    with watching() as made:
        check = Says()
        made.health.add("disk", check, scope="local")
        made.begin("disk")
        made.pass_by(1.0)
        assert lines(logged) == [
            ("INFO", "health of dependency disk: starting -> up"),
            ("INFO", "health of shop: STARTING -> UP (ready)"),
        ]
        check.found = OSError("no space")
        made.probe("disk", 5)
        why = "the last probe failed: OSError: no space"
        assert lines(logged)[2:] == [
            ("WARNING", f"health of dependency disk: up -> down ({why})"),
            (
                "WARNING",
                f"health of shop: UP -> DOWN (disk is down: {why}; root cause disk; not ready)",
            ),
        ]
        check.found = None
        made.probe("disk", 3)
        assert lines(logged)[4:] == [
            ("INFO", "health of dependency disk: down -> up"),
            ("INFO", "health of shop: DOWN -> UP (ready)"),
        ]


def test_draining_is_logged(logged: pytest.LogCaptureFixture) -> None:
    """Once, though it may be told more often; a service without a name is called that."""
    with watching(None) as made:
        made.health.drain()
        made.health.drain()
        made.health.overall()
        assert lines(logged) == [
            (
                "WARNING",
                "health of the service: STARTING -> DRAINING (it was told to drain; not ready)",
            )
        ]


def test_calls_alone_change_a_dependency_and_are_logged(logged: pytest.LogCaptureFixture) -> None:
    """A tick is enough: nobody has to ask."""
    with watching() as made:
        calls = [Calls()]
        made.health.add("disk", Says())
        made.health.declare(Place(name="psp"), Patience(), (), calls=lambda: calls[-1])
        made.begin("disk")
        calls.append(Calls(bad=9))
        made.pass_by(1.0)
        assert (
            "WARNING",
            "health of dependency psp: starting -> down (calls to it fail)",
        ) in lines(logged)


def test_who_tells_of_calls_and_fails_is_logged_and_costs_nothing_else(
    logged: pytest.LogCaptureFixture,
) -> None:
    """Evidence that is missing is none."""
    with watching() as made:
        made.health.declare(Place(name="psp"), Patience(), (), calls=failing)
        assert made.ask("/readyz")[0] == 200
        assert failed("what counts calls") in lines(logged)


def failed(what: str) -> tuple[str, str]:
    """The line that says so."""
    return "ERROR", f"health: {what} failed with ZeroDivisionError; said once a minute at most"


def failing() -> Any:
    """What is asked, and does not answer."""
    raise ZeroDivisionError


class Broken:
    """Other workers that cannot be asked."""

    drain = start = beat = leave = staticmethod(lambda: None)
    is_started = serve = staticmethod(lambda: False)
    is_draining = staticmethod(failing)


def test_a_heartbeat_that_raises_kills_nobody(logged: pytest.LogCaptureFixture) -> None:
    """Neither does who is asked about draining; it is logged."""
    with watching() as made:
        made.health.alive_while(failing)
        assert made.ask("/livez") == made.ask("/readyz") == (200, {"status": "UP"})
        assert lines(logged) == [failed("a heartbeat")]
    with watching() as made:
        made.health.share_with(Broken())
        assert made.ask("/readyz") == (200, {"status": "UP"})
        # Whoever asked first tells of it, which may be the thread that ticks.
        eventually(lambda: failed("who was asked about draining") in lines(logged))


def test_a_heartbeat_that_is_missed_is_told_everywhere() -> None:
    """Liveness is decided by that alone, and the first that says why is shown."""
    with watching(token="abcdefgh") as made:
        why: list[str | None] = [None]
        made.health.alive_while(lambda: why[-1])
        made.health.alive_while(lambda: "never said" if why[-1] else None)
        assert made.ask("/livez") == (200, {"status": "UP"})
        why.append("the event loop has been blocked for 31 s")
        assert made.ask("/livez") == (503, {"status": "DOWN"})
        assert made.ask("/readyz") == (503, {"status": "DOWN"})
        code, document = made.ask("/healthz", authorization="Bearer abcdefgh")
        assert (code, document["output"]) == (200, why[-1])
        assert document["notes"] == ["heartbeat"]
        why.append(None)
        assert made.ask("/livez")[0] == 200


@pytest.mark.parametrize(
    "error",
    [
        OSError(f"cannot reach {DSN}"),
        ValueError(f"password={SECRET}"),
        RuntimeError(f"401 for Authorization: Bearer {SECRET}\r\nSet-Cookie: sid={SECRET}"),
        KeyError(f"{DSN}?sslpassword={SECRET}"),
    ],
)
def test_secrets_of_what_a_check_raises_are_nowhere(
    error: Exception, logged: pytest.LogCaptureFixture
) -> None:
    """Neither in the document nor in the log nor in what is handed on."""
    with watching(token="abcdefgh") as made:
        made.health.add("db", Says(error), fail_after=1)
        made.begin("db")
        assert made.state("db") == "down"
        eventually(lambda: lines(logged), wanted="a record")
        answer = made.health.answer("/healthz", "verbose", authorization="Bearer abcdefgh")
        assert answer is not None
        assert type(error).__name__ in answer.body.decode()
        told = [answer.body.decode(), *(text for _, text in lines(logged))]
        told += [repr(made.health.states()), repr(made.health.overall())]
        assert not [each for each in told if SECRET in each]
        assert "\n" not in "".join(text for _, text in lines(logged))


@pytest.mark.parametrize("cause", [None, DSN])
def test_secrets_of_a_finding_are_nowhere(
    cause: str | None, logged: pytest.LogCaptureFixture
) -> None:
    """It is a check of the user's own that says so."""
    with watching(token="abcdefgh") as made:
        made.health.add("db", Says(Finding("down", f"see {DSN}", cause=cause)), fail_after=1)
        made.begin("db")
        eventually(lambda: lines(logged), wanted="a record")
        answer = made.health.answer("/healthz", authorization="Bearer abcdefgh")
        assert answer is not None
        told = [answer.body.decode(), repr(made.health.overall()), *(t for _, t in lines(logged))]
        assert not [each for each in told if SECRET in each]


def test_what_one_that_is_up_told_is_shown_to_who_asks_for_everything() -> None:
    """As what another service says of itself: it decides nothing, and is there to be read."""
    with watching(token="abcdefgh") as made:
        made.health.add("orders", Says(Finding("up", f"reports DOWN, see {DSN}", cause="psp")))
        made.begin("orders")
        asks = {"authorization": "Bearer abcdefgh"}
        [told] = made.ask("/healthz", "verbose", **asks)[1]["checks"]["orders"]
        assert (told["status"], told["rootCause"]) == ("UP", {"name": "psp"})
        assert told["output"].startswith("reports DOWN")
        assert SECRET not in told["output"]
        assert "checks" not in made.ask("/healthz", **asks)[1]


# What is measured


def statuses(telemetry: CapturedTelemetry, name: str) -> dict[object, float]:
    """What `ninefold.health.status` is for each state."""
    return {
        (point.attributes or {})["ninefold.health.state"]: getattr(point, "value", -1)
        for point in telemetry.points(HEALTH_STATUS.name, ninefold_dependency_name=name)
    }


def only(state: str) -> dict[object, float]:
    """One for that state, zero for each other."""
    every = ("up", "degraded", "down", "unknown", "starting")
    return {each: float(each == state) for each in every}


@pytest.mark.parametrize("is_set_up", [True, False])
def test_the_present_state_is_one_and_every_other_is_zero(
    telemetry: CapturedTelemetry, is_set_up: bool
) -> None:
    """Of a Health made by hand too, whether before or after `setup()`."""
    # Whatever an earlier test has left behind is told until it is collected.
    name = f"ledger-{is_set_up}"
    if is_set_up:
        assert telemetry.service
    with watching() as made:
        check = Says()
        made.health.add(name, check, fail_after=1)
        assert statuses(telemetry, name) == only("starting")
        made.begin(name)
        assert statuses(telemetry, name) == only("up")
        check.found = False
        made.probe(name)
        assert statuses(telemetry, name) == only("down")
        made.health._scheduler.stop()
        made.clock.advance(100)
        assert statuses(telemetry, name) == only("unknown")
        made.health.stop()
        assert statuses(telemetry, name) == {}


@pytest.mark.parametrize(
    ("found", "outcome", "error"),
    [
        (None, "success", None),
        (Finding("degraded"), "success", None),
        (Finding("down"), "failure", "_OTHER"),
        (False, "failure", "_OTHER"),
        (ConnectionRefusedError("no"), "failure", "ConnectionRefusedError"),
    ],
)
def test_how_long_probes_took_is_measured_by_outcome(
    telemetry: CapturedTelemetry,
    found: Finding | BaseException | bool | None,
    outcome: str,
    error: str | None,
) -> None:
    """And by the exception's class; a dependency that is found down has failed of another kind."""
    with watching() as made:
        made.health.add("ledger", Says(found))
        assert telemetry.value(HEALTH_CHECK_DURATION.name) == 0
        made.begin("ledger")
        eventually(lambda: telemetry.value(HEALTH_CHECK_DURATION.name) == 1)
        [point] = telemetry.points(HEALTH_CHECK_DURATION.name)
        wanted = {"ninefold.dependency.name": "ledger", "ninefold.outcome": outcome}
        assert point.attributes == (wanted if error is None else {**wanted, "error.type": error})


def test_a_probe_that_hangs_is_measured_as_timed_out(telemetry: CapturedTelemetry) -> None:
    """When its time is over, with that as its duration."""
    go, begun = threading.Event(), threading.Event()

    def hangs() -> None:
        begun.set()
        go.wait(60)

    assert telemetry.service
    with watching() as made:
        made.health.add("ledger", hangs, timeout=2.0)
        made.health.start()
        try:
            assert begun.wait(15)
            made.pass_by(2.0)
            eventually(lambda: telemetry.value(HEALTH_CHECK_DURATION.name) == 1)
            [point] = telemetry.points(HEALTH_CHECK_DURATION.name, ninefold_outcome="timeout")
            assert (point.attributes or {})["error.type"] == "timeout"
            assert getattr(point, "sum", None) == pytest.approx(2.0)
        finally:
            go.set()


def test_two_that_have_a_dependency_of_the_same_name_are_counted_together(
    telemetry: CapturedTelemetry,
) -> None:
    """It is an up-down counter: so many are in that state."""
    with watching() as one, watching() as other:
        one.health.add("shared", Says())
        other.health.add("shared", Says(False), fail_after=1)
        one.begin("shared")
        other.begin("shared")
        assert statuses(telemetry, "shared") == {**only("up"), "down": 1}


def test_without_setup_the_global_provider_measures() -> None:
    """That of OpenTelemetry's API, whoever has set it."""
    out = run(
        """
        from opentelemetry import metrics
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        import ninefold as nf

        reader = InMemoryMetricReader()
        metrics.set_meter_provider(MeterProvider([reader]))
        health = nf.Health("billing")
        health.add("ledger", lambda: True)
        health.start()
        import time
        end = time.monotonic() + 30
        while health.states()["ledger"].state != "up" and time.monotonic() < end:
            time.sleep(0.01)
        for resource in reader.get_metrics_data().resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.data.data_points:
                        if getattr(point, "value", 1):
                            print(metric.name, sorted(point.attributes.values()))
        """
    )
    assert sorted(out.splitlines()) == [
        "ninefold.health.check.duration ['ledger', 'success']",
        "ninefold.health.status ['ledger', 'up']",
    ]


# The process


def test_a_forked_child_knows_nothing_and_begins_anew() -> None:
    """It probes by itself, and nothing of what its parent found is its own."""
    out = run(
        """
        import os, time
        import ninefold as nf

        def until(look):
            end = time.monotonic() + 30
            while not look() and time.monotonic() < end:
                time.sleep(0.01)
            return look()

        asked, held = [], []

        def looks():
            asked.append(os.getpid())
            until(lambda: not held)

        health = nf.Health("billing")
        health.add("ledger", looks, timeout=20)
        health.start()
        assert until(lambda: health.states()["ledger"].state == "up")
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                held.append(1)
                told = [health.states()["ledger"].state, str(health.answer("/startupz").status)]
                held.clear()
                told.append(str(until(lambda: health.states()["ledger"].state == "up")))
                told.append(str(os.getpid() in asked))
                told.append(str(health.answer("/startupz").status))
                health.stop()
                os.write(writing, " ".join(told).encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        print(os.read(reading, 1000).decode())
        print(health.states()["ledger"].state, health.answer("/startupz").status)
        health.stop()
        """
    )
    assert out.splitlines() == ["starting 503 True True 200", "up 200"]


def test_stop_ends_its_threads_and_what_was_known_grows_old() -> None:
    """Answers go on: soon that nothing is known, which takes nobody away."""
    before = set(threading.enumerate())
    with watching() as made:
        check = Says()
        made.health.add("disk", check, scope="local")
        made.begin("disk")
        assert set(threading.enumerate()) > before
        made.health.stop()
        eventually(lambda: set(threading.enumerate()) <= before, wanted="the end of its threads")
        assert made.ask("/readyz") == (200, {"status": "UP"})
        made.clock.advance(100)
        assert made.ask("/readyz") == (200, {"status": "UP"})
        assert made.ask("/healthz") == (200, {"status": "UNKNOWN"})
        made.health.start()
        assert set(threading.enumerate()) <= before
        assert check.calls == 1


def test_it_stops_twice_and_before_it_began() -> None:
    """Neither is an error."""
    made = Watching()
    made.health.add("disk", Says())
    made.health.stop()
    made.health.stop()
    made.health.start()
    assert made.ask("/livez")[0] == 200


@pytest.mark.parametrize(("startup", "ready"), [("open", 200), ("require", 503)])
def test_the_start_deadline_opens_for_what_is_shared(startup: Any, ready: int) -> None:
    """Row 16: the whole fleet would never start otherwise; unless it is said that it must not."""
    with watching(startup=startup, start_deadline=30.0) as made:
        made.health.add("db", Says(False))
        made.begin("db")
        made.probe("db", 3)
        assert made.ask("/readyz") == (503, {"status": "STARTING"})
        made.clock.advance(30.0)
        assert made.ask("/readyz")[0] == ready


def test_the_start_deadline_counts_from_the_start() -> None:
    """An application may be loaded long before it serves."""
    with watching(start_deadline=30.0) as made:
        made.health.add("db", Says(False))
        made.clock.advance(1000.0)
        made.begin("db")
        assert made.ask("/startupz")[0] == 503
