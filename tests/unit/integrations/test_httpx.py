"""What is httpx's own: async cancellation, streams, other transports, contrib beside us."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import wrapt
from opentelemetry import trace
from tests.support.outgoing import Collected, Upstream, upstream_server

from ninefold import ConfigurationError
from ninefold.integrations.httpx import integration


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A server on loopback."""
    with upstream_server() as server:
        yield server


@pytest.fixture
def collected() -> Iterator[Collected]:
    """A service that keeps every trace."""
    collected = Collected()
    yield collected
    collected.service.shutdown()


@pytest.fixture
def contrib() -> Iterator[Any]:
    """Contrib's instrumentor, switched off again after the test."""
    package = pytest.importorskip("opentelemetry.instrumentation.httpx")
    instrumentor = package.HTTPXClientInstrumentor()
    yield instrumentor
    if instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.uninstrument()


def test_a_cancelled_task_is_cancelled_and_measured(
    collected: Collected, upstream: Upstream
) -> None:
    """Cancellation passes through; the call counts as `cancelled`, and the context is restored."""

    async def main() -> object:
        async with collected.service.instrument(httpx.AsyncClient(trust_env=False)) as client:
            task = asyncio.create_task(client.get(upstream.url("/hang")))
            await asyncio.to_thread(upstream.arrived.wait, 5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        return trace.get_current_span()

    assert asyncio.run(main()) is trace.INVALID_SPAN
    assert collected.only()[0]["error.type"] == "cancelled"


def test_a_coroutine_closed_from_elsewhere_logs_nothing(
    collected: Collected, caplog: pytest.LogCaptureFixture
) -> None:
    """A loop that goes away closes what is under way, in no context of ours: no error is logged."""

    class Hanging(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.get_running_loop().create_future()
            raise AssertionError

    client = collected.service.instrument(httpx.AsyncClient(transport=Hanging(), trust_env=False))

    async def started() -> Any:
        call = client.get("http://127.0.0.1/")
        task = asyncio.create_task(_step(call))
        await task
        return call

    async def _step(call: Any) -> None:
        call.send(None)

    call = asyncio.run(started())
    call.close()

    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert collected.only()[0]["error.type"] == "cancelled"


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_stream_is_measured_when_its_headers_are_there(
    asynchronous: bool, collected: Collected, upstream: Upstream
) -> None:
    """Whoever reads a body for an hour has not waited an hour for the response."""

    async def read() -> bytes:
        async with (
            collected.service.instrument(httpx.AsyncClient(trust_env=False)) as client,
            client.stream("GET", upstream.url("/stream")) as response,
        ):
            return await _measured(response.aread())

    async def _measured(body: Any) -> bytes:
        assert collected.only()[0]["http.response.status_code"] == 200
        upstream.release.set()
        return bytes(await body)

    if asynchronous:
        assert asyncio.run(read()) == b"ok"
    else:
        with (
            collected.service.instrument(httpx.Client(trust_env=False)) as client,
            client.stream("GET", upstream.url("/stream")) as response,
        ):
            assert collected.only()[0]["http.response.status_code"] == 200
            upstream.release.set()
            assert response.read() == b"ok"
    assert len(collected.spans()) == 1


def test_every_transport_is_measured_and_keeps_its_identity(collected: Collected) -> None:
    """Mounted and in-memory transports count; the client still has the objects it was given."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, extensions={"http_version": b"HTTP/2"})

    transport = httpx.MockTransport(answer)
    client = httpx.Client(mounts={"http://psp.example": transport}, trust_env=False)
    collected.service.instrument(client)
    client.get("http://psp.example/pay")

    assert client._mounts[next(iter(client._mounts))] is transport
    assert "traceparent" in seen[0].headers
    attributes, _ = collected.only()
    assert attributes["server.address"] == "psp.example"
    assert attributes["server.port"] == 80
    assert attributes["network.protocol.version"] == "2"


def test_what_a_test_puts_on_the_transport_class_is_honoured(
    collected: Collected, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client instrumented at import still meets the double that a test puts in place later."""
    client = collected.service.instrument(httpx.Client(trust_env=False))
    double = httpx.Response(204)
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda self, request: double)

    assert client.get("http://psp.example/").status_code == 204
    assert collected.only()[0]["http.response.status_code"] == 204


def test_a_request_object_sent_again_is_a_resend(collected: Collected, upstream: Upstream) -> None:
    """An application that retries by sending the same request is told apart on the spans."""
    with collected.service.instrument(httpx.Client(trust_env=False)) as client:
        request = client.build_request("GET", upstream.url("/status/503"))
        client.send(request)
        client.send(request)

    assert collected.resends() == [None, 1]


def test_an_extension_that_confuses_us_costs_the_measurement_alone(
    collected: Collected, upstream: Upstream
) -> None:
    """The call goes through although nothing of ours could be begun; that is counted."""
    with collected.service.instrument(httpx.Client(trust_env=False)) as client:
        response = client.get(upstream.url(), extensions={"ninefold.sent": "often"})

    assert response.status_code == 200
    assert collected.points() == []
    assert collected.dropped() == {("traces", "internal_error"): 1}


def test_what_somebody_put_around_our_hook_survives_its_end(
    collected: Collected, upstream: Upstream
) -> None:
    """Uninstrumenting under a later wrapper leaves the wrapper at work, and measures nothing."""
    client = collected.service.instrument(httpx.Client(trust_env=False))
    calls: list[str] = []

    def outer(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        calls.append("outer")
        return wrapped(*args, **kwargs)

    wrapt.wrap_function_wrapper(client, "_send_single_request", outer)
    integration.uninstrument(client)
    client.get(upstream.url())
    client.close()

    assert calls == ["outer"]
    assert collected.points() == []


def test_a_client_that_contrib_measures_is_left_to_it(
    collected: Collected,
    upstream: Upstream,
    contrib: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One owner: contrib's span is the only one, and the log says why."""
    client = httpx.Client(trust_env=False)
    contrib.instrument_client(client)
    assert collected.service.instrument(client) is client
    client.get(upstream.url())
    client.close()

    (span,) = collected.spans()
    assert span.instrumentation_scope is not None
    assert span.instrumentation_scope.name == "opentelemetry.instrumentation.httpx"
    assert collected.points(maker="ninefold") == []
    assert "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=httpx" in caplog.text


def test_a_module_that_contrib_measures_is_left_to_it(
    collected: Collected, contrib: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """`opentelemetry-instrument` switches contrib on by itself: the module stays as it is."""
    contrib.instrument()
    before = httpx.Client._send_single_request
    collected.service.instrument(httpx)

    assert httpx.Client._send_single_request is before
    assert "left to it" in caplog.text


@pytest.mark.parametrize("scope", ["client", "module", "contrib's client"])
def test_contrib_switched_on_later_finds_the_call_measured(
    scope: str, collected: Collected, upstream: Upstream, contrib: Any
) -> None:
    """One owner in the other order too: ours stays the only span and the only measurement."""
    client = httpx.Client(trust_env=False)
    target: Any = httpx if scope == "module" else client
    collected.service.instrument(target)
    try:
        if scope == "contrib's client":
            contrib.instrument_client(client)
        else:
            contrib.instrument()
        client.get(upstream.url())
    finally:
        client.close()
        integration.uninstrument(target)

    (span,) = collected.spans()
    assert span.instrumentation_scope is not None
    assert span.instrumentation_scope.name == "ninefold"
    assert collected.only()[1].count == 1
    assert len(upstream.asked) == 1


def test_what_is_no_client_is_refused(collected: Collected) -> None:
    """The message says what was given and what is taken."""
    with pytest.raises(ConfigurationError, match=r"got Response"):
        integration.instrument(httpx.Response(200), collected.service)
