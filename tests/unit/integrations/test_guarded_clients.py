"""httpx and requests under a policy: what is tried again, what is not, and what is left behind."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support.flaky import GUARDED, Asked, Flaky, Guarded, flaky_server
from tests.support.net import free_port

import ninefold as nf
from ninefold.core import Runtime


@pytest.fixture(params=GUARDED, ids=lambda kind: kind.__name__)
def client(request: pytest.FixtureRequest) -> Iterator[Guarded]:
    """Each client in turn, with a pool of one connection."""
    made = request.param()
    yield made
    made.close()


class Waits(list[float]):
    """A runtime on real time that does not sleep, and how long it was to."""

    def runtime(self) -> Runtime:
        """Waits are noted, and are over."""

        async def async_sleep(seconds: float) -> None:
            self.append(seconds)

        return Runtime(sleep=self.append, async_sleep=async_sleep)


def policy(waits: Waits | None = None, name: str = "psp", **parts: Any) -> nf.Policy:
    """A policy that loses no time between attempts."""
    return nf.Policy(name, runtime=(Waits() if waits is None else waits).runtime(), **parts)


def retry(*on: Any, **options: Any) -> nf.Retry:
    """A retry without chance."""
    steady = nf.Backoff(base=0.5, cap=8.0, jitter="none")
    return nf.Retry(on=on, **{"backoff": steady, **options})


def test_a_failure_that_is_named_is_tried_again(client: Guarded) -> None:
    """503 twice, then 200: one call for the application, three requests on the wire."""
    waits = Waits()
    client.guard(policy(waits, retry=retry(nf.status(503))))
    with flaky_server(503, 503, 200) as server:
        assert client.call(server.url).status_code == 200
        assert [asked.method for asked in server.asked] == ["GET", "GET", "GET"]
    assert waits == [0.5, 1.0]


def test_the_server_says_how_long_to_wait(client: Guarded) -> None:
    """`Retry-After` lengthens the wait, by five seconds at most."""
    waits = Waits()
    client.guard(policy(waits, retry=retry(nf.status(429))))
    asks = (429, {"Retry-After": "3"}), (429, {"Retry-After": "600"})
    with flaky_server(*asks, 200) as server:
        assert client.call(server.url).status_code == 200
    assert waits == [3.0, 6.0]


def test_what_all_attempts_came_to_is_handed_on(client: Guarded) -> None:
    """The last response, open to be read, is the application's."""
    client.guard(policy(retry=retry(nf.status(503), attempts=2)))
    with flaky_server(503) as server:
        response = client.call(server.url)
        assert (response.status_code, len(response.content)) == (503, 28672)
        assert len(server.asked) == 2


def test_a_failed_attempt_leaves_no_connection_behind(client: Guarded) -> None:
    """A pool of one connection serves any number of retries, whose responses nobody reads."""
    client.guard(policy(retry=retry(nf.status(503), attempts=6)))
    with flaky_server(503, 503, 503, 503, 503, 200) as server:
        for _ in range(3):
            assert client.call(server.url).status_code == 200
        assert len(server.asked) == 8


def test_a_fallback_leaves_no_connection_behind(client: Guarded) -> None:
    """The response it stands in for is closed; it is given the request, and may look at both."""
    seen: list[Any] = []
    answers: dict[str, Any] = {}

    def stale(request: Any, *, error: Any) -> Any:
        seen.append((request.method, error.status_code))
        return answers["stale"]

    client.guard(policy(fallback=stale))
    answers["stale"] = _answer(client)
    with flaky_server(500) as server:
        for _ in range(3):
            assert client.call(server.url).status_code == 203
    assert seen == [("GET", 500)] * 3


def _answer(client: Guarded) -> Any:
    if client.library == "httpx":
        import httpx

        return httpx.Response(203, content=b"stale")
    import requests

    response = requests.Response()
    response.status_code, response.raw = 203, io.BytesIO(b"stale")
    return response


def test_a_fallback_that_gives_no_response_is_told_so(client: Guarded) -> None:
    """A client can do nothing with anything else."""
    client.guard(policy(fallback="stale"))
    with flaky_server(500) as server, pytest.raises(TypeError, match="fallback of 'psp' must give"):
        client.call(server.url)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH"])
@pytest.mark.parametrize("said", [None, True, False])
def test_a_method_that_is_not_safe_to_repeat_is_not_repeated(
    client: Guarded, method: str, said: bool | None
) -> None:
    """Unless that was said; and nothing is, if that was said."""
    client.guard(policy(retry=retry(nf.status(503), idempotent=said)))
    repeats = method not in ("POST", "PATCH") if said is None else said
    with flaky_server(503, 200) as server:
        status = client.call(server.url, method, body=b"order 7").status_code
        bodies = [asked.body for asked in server.asked]
    assert status == (200 if repeats else 503)
    assert bodies == [b"order 7"] * (2 if repeats else 1)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_ends_is_a_failure(client: Guarded, method: str) -> None:
    """The server may have done what it was asked, so POST is not sent again."""
    client.guard(policy(retry=retry(client.read_error)))
    with flaky_server("drop", 200) as server:
        if method == "GET":
            assert client.call(server.url, method).status_code == 200
        else:
            with pytest.raises(client.read_error):
                client.call(server.url, method, body=b"order 7")
        assert len(server.asked) == (2 if method == "GET" else 1)


def test_what_never_left_is_sent_again(client: Guarded) -> None:
    """Nobody listened: even a POST has not been seen by anybody."""
    waits = Waits()
    client.guard(policy(waits, retry=retry(client.connect_error)))
    with pytest.raises(client.connect_error) as raised:
        client.call(f"http://127.0.0.1:{free_port()}/", "POST", body=b"order 7")
    assert len(waits) == 2
    assert "gave up of 'psp' after 3 attempts" in raised.value.__notes__[0]


def test_what_our_own_guards_kept_back_is_sent_again(client: Guarded) -> None:
    """A place in the bulkhead comes free: the POST was never made."""
    waits = Waits()
    guarding = policy(waits, retry=retry(nf.BulkheadFullError), bulkhead=nf.Bulkhead(1))
    client.guard(guarding)
    with flaky_server(200) as server:
        with guarding.permit(), pytest.raises(nf.BulkheadFullError):
            client.call(server.url, "POST", body=b"order 7")
        assert server.asked == []
        assert client.call(server.url, "POST", body=b"order 7").status_code == 200
    assert len(waits) == 2


def test_a_body_that_is_used_up_is_sent_once(
    client: Guarded, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever was said of repeating; the log says so, once for a client."""
    client.guard(policy(retry=retry(nf.status(503), idempotent=True)))
    with flaky_server(503) as server:
        for _ in range(2):
            assert client.call(server.url, "PUT", body=iter([b"order ", b"7"])).status_code == 503
        assert [asked.body for asked in server.asked] == [b"order 7"] * 2
    said = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    (line,) = said
    assert "request to 'psp' is not tried again, as its body is a stream" in line


def test_a_server_error_is_a_failure_of_the_dependency(client: Guarded) -> None:
    """Though nobody named it: it opens the breaker, and is handed on. 4xx is an answer."""
    guarding = policy(breaker=nf.Breaker(min_calls=4))
    client.guard(guarding)
    with flaky_server(404) as server:
        for _ in range(5):
            assert client.call(server.url).status_code == 404
    assert guarding.breaker.state == "closed"
    guarding.breaker.reset()
    with flaky_server(500) as server:
        for _ in range(4):
            assert client.call(server.url).status_code == 500
        with pytest.raises(nf.CircuitOpenError):
            client.call(server.url)
        assert len(server.asked) == 4


def test_whoever_says_what_fails_says_all_of_it(client: Guarded) -> None:
    """With `fail_on`, a 5xx that is not named is no failure."""
    guarding = policy(breaker=nf.Breaker(min_calls=4), fail_on=nf.status(404))
    client.guard(guarding)
    with flaky_server(500) as server:
        for _ in range(5):
            assert client.call(server.url).status_code == 500
    assert guarding.breaker.state == "closed"
    with flaky_server(404) as server:
        for _ in range(5):
            client.call(server.url)
            if guarding.breaker.state == "open":
                break
    assert guarding.breaker.state == "open"


def test_a_breaker_that_opens_between_attempts_is_what_the_caller_is_told(
    client: Guarded,
) -> None:
    """The response was closed by then: it is not handed on."""
    waits = Waits()
    opening: list[Callable[[], None]] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        opening[0]()

    async def async_sleep(seconds: float) -> None:
        sleep(seconds)

    guarding = nf.Policy(
        "psp",
        runtime=Runtime(sleep=sleep, async_sleep=async_sleep),
        retry=retry(nf.status(503)),
        breaker=nf.Breaker(),
    )
    opening.append(guarding.breaker.force_open)
    client.guard(guarding)
    with flaky_server(503) as server:
        with pytest.raises(nf.CircuitOpenError):
            client.call(server.url)
        guarding.breaker.reset()
        opening[0] = lambda: None
        assert client.call(server.url).status_code == 503


def test_an_attempt_ends_when_its_time_is_over(client: Guarded) -> None:
    """Far sooner than by the client's own timeout; the next one is made in what is left."""
    client.guard(
        policy(attempt_timeout=0.3, retry=retry(*client.timed_out), breaker=nf.Breaker(min_calls=9))
    )
    with flaky_server("hang", 200) as server:
        assert client.call(server.url).status_code == 200
        assert len(server.asked) == 2
        server.release.set()


def test_the_callers_deadline_bounds_a_request(client: Guarded) -> None:
    """What holds around the call is handed to the client, or cancels it."""
    client.guard(policy())
    with flaky_server("hang") as server, nf.deadline(0.3):
        with pytest.raises(client.timed_out):
            client.call(server.url)
        server.release.set()


def test_the_clients_own_timeout_stays_the_shorter_one(client: Guarded) -> None:
    """A deadline lengthens nothing."""
    client.guard(policy(deadline=60, attempt_timeout=50))
    import httpx
    import requests

    with flaky_server("hang") as server:
        with pytest.raises((httpx.ReadTimeout, requests.ReadTimeout)):
            client.call(server.url, timeout=0.1)
        server.release.set()


def test_a_stream_is_read_after_the_attempt(client: Guarded) -> None:
    """The attempt ends with the headers: its time is no limit to whoever reads the body."""
    guarding = policy(attempt_timeout=0.4, bulkhead=nf.Bulkhead(1), breaker=nf.Breaker())
    client.guard(guarding)
    import threading

    with flaky_server("stall") as server:

        def between() -> None:
            assert guarding.core.places is not None
            assert guarding.core.places.usage == 0
            # The body comes when the attempt's time would have been over.
            threading.Timer(0.6, server.release.set).start()

        assert len(client.stream(server.url, between)) == 28672


def test_guarding_again_by_the_same_changes_nothing(client: Guarded) -> None:
    """One policy is put around a client once."""
    guarding = policy(retry=retry(nf.status(503), attempts=2))
    client.guard(guarding)
    client.guard(guarding)
    with flaky_server(503) as server:
        client.call(server.url)
        assert len(server.asked) == 2


def test_a_policy_without_parts_sends_what_it_is_given(client: Guarded) -> None:
    """A stream too, once."""
    client.guard(policy())
    with flaky_server(200) as server:
        assert client.call(server.url, "POST", body=iter([b"a", b"b"])).status_code == 200
        assert server.asked[0].body == b"ab"


def _deadlines(server: Flaky) -> list[str | None]:
    def told(asked: Asked) -> str | None:
        return asked.headers["x-envoy-expected-rq-timeout-ms"]

    return [told(asked) for asked in server.asked]


def test_the_deadline_is_told_where_asked(client: Guarded) -> None:
    """In milliseconds, the attempt's own time included; without a deadline there is no header."""
    client.guard(policy(attempt_timeout=30), send_deadline=True)
    with flaky_server(200) as server:
        client.call(server.url)
        with nf.deadline(5):
            client.call(server.url)
        client.call(server.url, headers={"x-envoy-expected-rq-timeout-ms": "70"})
        first, second, third = _deadlines(server)
    assert first is not None
    assert 5000 < int(first) <= 30000
    assert second is not None
    assert 0 < int(second) <= 5000
    assert third == "70"


def test_the_deadline_is_not_told_unasked(client: Guarded) -> None:
    """A third party need not know."""
    client.guard(policy(attempt_timeout=30))
    with flaky_server(200) as server:
        client.call(server.url)
        assert _deadlines(server) == [None]


def test_a_redirect_has_a_deadline_of_its_own(client: Guarded) -> None:
    """Neither the header nor a shortened timeout of the first request goes along with it."""
    client.guard(policy(attempt_timeout=30), send_deadline=True)
    if client.library == "httpx":
        client.target.follow_redirects = True
    with flaky_server((302, {"location": "/there"}), 200) as server:
        response = client.call(server.url)
        first, second = _deadlines(server)
    assert response.status_code == 200
    assert first is not None
    assert second is not None
    assert "x-envoy-expected-rq-timeout-ms" not in response.request.headers
    # Told anew for each: the second may have a little more left than the first had.
    assert 0 < int(first) <= 30_000
    assert 0 < int(second) <= 30_000


@pytest.mark.parametrize("guard", ["psp", 3, nf.Policy()])
def test_what_is_no_guard_is_refused(client: Guarded, guard: Any) -> None:
    """At construction, with the remedy."""
    with pytest.raises(nf.ConfigurationError, match=r"service\.dependency\("):
        client.guard(guard)


def test_what_is_no_client_is_refused(client: Guarded) -> None:
    """With what was given."""
    client.target, target = "psp", client.target
    with pytest.raises(nf.ConfigurationError, match="got 'psp'"):
        client.guard(policy())
    client.target = target


def test_a_tests_faults_stand_where_the_server_would(client: Guarded) -> None:
    """`nf.testing.faults` needs no server; a POST that would have gone out is not repeated."""
    waits = Waits()
    guarding = policy(waits, retry=retry(ConnectionError))
    client.guard(guarding)
    with flaky_server(200) as server, nf.testing.faults.fail(guarding):
        with pytest.raises(ConnectionError, match="a fault of a test"):
            client.call(server.url, "POST")
        assert waits == []
        with pytest.raises(ConnectionError, match="a fault of a test"):
            client.call(server.url)
        assert len(waits) == 2
        assert server.asked == []
