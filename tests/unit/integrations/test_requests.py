"""What is requests' own: adapters, `requests.get`, streams, the OTLP exporter, contrib."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from tests.support.outgoing import Collected, Upstream, upstream_server

from ninefold import ConfigurationError
from ninefold.integrations.requests import integration


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
    package = pytest.importorskip("opentelemetry.instrumentation.requests")
    instrumentor = package.RequestsInstrumentor()
    yield instrumentor
    if instrumentor.is_instrumented_by_opentelemetry:
        instrumentor.uninstrument()


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def test_requests_get_is_measured_with_its_module(collected: Collected, upstream: Upstream) -> None:
    """The functions of the module make a session each: those are measured too."""
    collected.service.instrument(requests)
    try:
        requests.get(upstream.url(), proxies={"no_proxy": "*"}, timeout=5)
    finally:
        integration.uninstrument(requests)

    assert collected.only()[0]["http.response.status_code"] == 200
    assert len(collected.spans()) == 1


@pytest.mark.parametrize("processor", [SimpleSpanProcessor, BatchSpanProcessor])
def test_exporting_is_never_measured(processor: Any, upstream: Upstream) -> None:
    """The OTLP exporter uses requests itself: its calls make no spans, or they would never end."""
    exporter = OTLPSpanExporter(endpoint=upstream.url("/status/200?v1/traces"), timeout=2)
    collected = Collected(processor(exporter))
    collected.service.instrument(requests)
    try:
        with _session() as session:
            session.get(upstream.url("/status/204"))
        assert collected.service.force_flush(5)
        assert [path for path, _ in upstream.asked] == ["/status/204", "/status/200?v1/traces"]
        assert len(collected.spans()) == 1
        assert collected.only()[0]["http.response.status_code"] == 204
        assert upstream.traceparents()[1] is None
    finally:
        integration.uninstrument(requests)
        collected.service.shutdown()


def test_a_stream_is_measured_when_its_headers_are_there(
    collected: Collected, upstream: Upstream
) -> None:
    """Whoever reads a body for an hour has not waited an hour for the response."""
    with (
        collected.service.instrument(_session()) as session,
        session.get(upstream.url("/stream"), stream=True) as response,
    ):
        assert collected.only()[0]["http.response.status_code"] == 200
        upstream.release.set()
        assert response.content == b"ok"


def test_an_adapter_mounted_later_is_measured_and_stays_itself(
    collected: Collected, upstream: Upstream
) -> None:
    """What a session is given after it was instrumented counts; its attributes can be reached."""

    class Counting(requests.adapters.HTTPAdapter):
        sends = 0

        def send(self, *args: Any, **kwargs: Any) -> requests.Response:
            self.sends += 1
            return super().send(*args, **kwargs)

    with collected.service.instrument(_session()) as session:
        adapter = Counting(max_retries=2)
        session.mount("http://", adapter)
        session.get(upstream.url())
        seen = session.get_adapter(upstream.url())

        assert adapter.sends == 1
        assert isinstance(seen, Counting)
        assert seen == adapter
        assert seen.max_retries.total == 2
    assert collected.only()[1].count == 1


def test_what_a_test_puts_on_the_classes_is_honoured(
    collected: Collected, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session instrumented at import still meets the doubles that a test puts in place later."""
    session = collected.service.instrument(_session())

    def double(self: Any, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response.request, response.url = 204, request, request.url or ""
        response.raw, response._content = None, b""
        return response

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", double)
    assert session.get("http://psp.example/").status_code == 204
    assert collected.only()[0]["server.port"] == 80

    class Fake(requests.adapters.BaseAdapter):
        send = double

    monkeypatch.setattr(requests.Session, "get_adapter", lambda self, url: Fake())
    assert session.get("http://psp.example/").status_code == 204
    assert collected.points()[0][1].count == 2


def test_sessions_and_responses_can_still_be_pickled(
    collected: Collected, upstream: Upstream
) -> None:
    """A cache or a process pool takes them as it did before; the copy is not instrumented."""
    session = collected.service.instrument(_session())
    response = session.get(upstream.url())
    copy = pickle.loads(pickle.dumps(session))

    assert pickle.loads(pickle.dumps(response)).content == b"ok"
    assert copy.get(upstream.url()).status_code == 200
    assert collected.only()[1].count == 1
    session.close()
    copy.close()


def test_a_session_that_contrib_measures_is_left_to_it(
    collected: Collected,
    upstream: Upstream,
    contrib: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One owner: contrib's span is the only one, and the log says why."""
    contrib.instrument()
    with collected.service.instrument(_session()) as session:
        session.get(upstream.url())

    (span,) = collected.spans()
    assert span.instrumentation_scope is not None
    assert span.instrumentation_scope.name == "opentelemetry.instrumentation.requests"
    assert collected.points(maker="ninefold") == []
    assert "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=requests" in caplog.text


@pytest.mark.parametrize("scope", ["session", "module"])
def test_contrib_switched_on_later_takes_the_call_over(
    scope: str, collected: Collected, upstream: Upstream, contrib: Any
) -> None:
    """One owner in the other order too: contrib stands outside of ours, which keeps still."""
    session = _session()
    target: Any = requests if scope == "module" else session
    collected.service.instrument(target)
    contrib.instrument()
    try:
        session.get(upstream.url())
    finally:
        session.close()
        integration.uninstrument(target)

    (span,) = collected.spans()
    assert span.instrumentation_scope is not None
    assert span.instrumentation_scope.name == "opentelemetry.instrumentation.requests"
    assert collected.points(maker="ninefold") == []


def test_what_is_no_session_is_refused(collected: Collected) -> None:
    """The message says what was given and what is taken."""
    with pytest.raises(ConfigurationError, match=r"got Response"):
        integration.instrument(requests.Response(), collected.service)
