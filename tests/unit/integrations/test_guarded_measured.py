"""Clients that are guarded and measured, in either order: each attempt is a request of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import StatusCode
from tests.support.flaky import GUARDED, Guarded, flaky_server
from tests.support.outgoing import Collected

import ninefold as nf
from ninefold.core import Runtime


@pytest.fixture(params=GUARDED, ids=lambda kind: kind.__name__)
def client(request: pytest.FixtureRequest) -> Iterator[Guarded]:
    """Each client in turn."""
    made = request.param()
    yield made
    made.close()


@pytest.fixture
def collected() -> Iterator[Collected]:
    """A service that keeps every trace."""
    collected = Collected(sampling=nf.Sampling(default=1.0))
    yield collected
    collected.service.shutdown()


async def _no_wait(seconds: float) -> None:
    del seconds


AT_ONCE = Runtime(sleep=lambda seconds: None, async_sleep=_no_wait)


def psp(collected: Collected, **parts: Any) -> nf.Dependency:
    """A dependency of the service, that is tried again at once."""
    retry = nf.Retry(on=nf.status(503))
    return collected.service.dependency(
        "psp", kind="http", policy=nf.Policy(retry=retry, runtime=AT_ONCE, **parts)
    )


@pytest.fixture(params=["guarded first", "measured first", "module measured"])
def both(
    request: pytest.FixtureRequest, client: Guarded, collected: Collected
) -> Iterator[Guarded]:
    """The client, guarded and measured."""
    import httpx
    import requests

    module = requests if client.library == "requests" else httpx
    dependency = psp(collected, breaker=nf.Breaker())
    if request.param == "guarded first":
        client.guard(dependency)
    if request.param == "module measured":
        collected.service.instrument(module)
    collected.service.instrument(client.target)
    client.guard(dependency)
    yield client
    if request.param == "module measured":
        from importlib.metadata import entry_points

        (point,) = entry_points(group="ninefold.integrations", name=client.library)
        point.load().uninstrument(module)


def statuses(collected: Collected) -> list[Any]:
    """The status that each span ended with."""
    return [
        (span.attributes or {}).get("http.response.status_code")
        for span in collected.spans()
        if span.kind is trace.SpanKind.CLIENT
    ]


def test_each_attempt_has_a_span_and_a_measurement(both: Guarded, collected: Collected) -> None:
    """Beneath the span around them all, each sent onward as itself, with the dependency's name."""
    with (
        flaky_server(503, 503, 200) as server,
        trace.get_tracer("test").start_as_current_span("checkout") as outer,
    ):
        both.call(server.url)
        sent = [asked.headers["traceparent"].split("-")[2] for asked in server.asked]

    assert statuses(collected) == [503, 503, 200]
    attempts = collected.spans()[:3]
    assert [f"{span.get_span_context().span_id:016x}" for span in attempts] == sent
    assert [span.parent for span in attempts] == [outer.get_span_context()] * 3
    assert [(span.attributes or {}).get("service.peer.name") for span in attempts] == ["psp"] * 3
    assert collected.resends() == [None, 1, 2, None]
    counts = {
        attributes["http.response.status_code"]: point.count
        for attributes, point in collected.points()
    }
    assert counts == {503: 2, 200: 1}


def test_without_a_trace_around_it_each_attempt_is_a_root_with_the_name(
    both: Guarded, collected: Collected
) -> None:
    """As in a job that nobody traces."""
    with flaky_server(503, 200) as server:
        both.call(server.url)
    spans = collected.spans()
    assert [span.parent for span in spans] == [None, None]
    assert [(span.attributes or {}).get("service.peer.name") for span in spans] == ["psp"] * 2


def test_a_call_that_is_not_made_has_no_span(both: Guarded, collected: Collected) -> None:
    """An open breaker's word is no request."""
    collected.service.dependencies["psp"].breaker.force_open()
    with flaky_server(200) as server, pytest.raises(nf.CircuitOpenError):
        both.call(server.url)
    assert collected.spans() == []
    assert collected.points() == []


def test_a_redirect_counts_on(both: Guarded, collected: Collected) -> None:
    """Retries and redirects are one row of sends."""
    if both.library == "httpx":
        both.target.follow_redirects = True
    with flaky_server(503, (302, {"location": "/there"}), 200) as server:
        assert both.call(server.url).status_code == 200
    assert collected.resends() == [None, 1, 2]


def test_an_authorization_is_answered_by_the_guard(client: Guarded, collected: Collected) -> None:
    """Digest authorization's second request is guarded and measured as well."""
    import httpx
    import requests

    dependency = psp(collected)
    client.guard(dependency)
    collected.service.instrument(client.target)
    kind: Any = requests.auth.HTTPDigestAuth if client.library == "requests" else httpx.DigestAuth
    asks = (401, {"www-authenticate": 'Digest realm="shop", nonce="1", qop="auth"'})
    with flaky_server(asks, 503, 200) as server:
        assert client.call(server.url, auth=kind("user", "canary")).status_code == 200
    assert statuses(collected) == [401, 503, 200]
    assert collected.resends() == [None, 1, 2]


def test_an_attempt_that_our_limit_ended_is_a_timeout_everywhere(
    client: Guarded, collected: Collected
) -> None:
    """On the attempt, on the request and on its span, whoever raised what."""
    client.guard(psp(collected, attempt_timeout=0.2))
    collected.service.instrument(client.target)
    with flaky_server("hang") as server:
        with pytest.raises(client.timed_out):
            client.call(server.url)
        server.release.set()
    ((attributes, _),) = collected.points()
    assert attributes["error.type"] == "timeout"
    (span,) = collected.spans()
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == "timeout"
    attempts = {
        attributes["ninefold.outcome"]: point.value
        for attributes, point in collected.points("ninefold.dependency.attempts")
        if point.value
    }
    assert attempts == {"timeout": 1}


def test_uninstrumented_it_is_guarded_still(both: Guarded, collected: Collected) -> None:
    """Measuring ends; retries go on."""
    from importlib.metadata import entry_points

    (point,) = entry_points(group="ninefold.integrations", name=both.library)
    point.load().uninstrument(both.target)
    import httpx
    import requests

    point.load().uninstrument(requests if both.library == "requests" else httpx)
    with flaky_server(503, 200) as server:
        assert both.call(server.url).status_code == 200
        assert [asked.headers["traceparent"] for asked in server.asked] == [None, None]
    assert collected.spans() == []
