"""What httpx and requests have in common: the trace goes onward, and each request is measured."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import httpx
import pytest
import requests
from opentelemetry import context, propagate, trace
from opentelemetry.context import (
    _SUPPRESS_HTTP_INSTRUMENTATION_KEY,
    _SUPPRESS_INSTRUMENTATION_KEY,
)
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags
from tests.support.net import free_port
from tests.support.outgoing import CLIENTS, Client, Collected, Upstream, upstream_server

from ninefold import DeadlineExceededError, Sampling

TRACE = 0x0AF7651916CD43DD8448EB211C80319C
SPAN = 0x00F067AA0BA902B7


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A server on loopback."""
    with upstream_server() as server:
        yield server


@pytest.fixture(params=CLIENTS, ids=lambda kind: kind.__name__)
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """Each client in turn, not instrumented."""
    made = request.param()
    yield made
    made.close()


@pytest.fixture
def collected(request: pytest.FixtureRequest) -> Iterator[Collected]:
    """A service that keeps every trace, or the share that the test's parameter says."""
    collected = Collected(sampling=Sampling(default=getattr(request, "param", 1.0)))
    yield collected
    collected.service.shutdown()


@pytest.fixture
def instrumented(client: Client, collected: Collected) -> Client:
    """The client, instrumented by itself."""
    assert collected.service.instrument(client.target) is client.target
    return client


def _integration(client: Client) -> object:
    from importlib.metadata import entry_points

    (point,) = entry_points(group="ninefold.integrations", name=client.module.__name__)
    return point.load()


@pytest.fixture
def everywhere(client: Client, collected: Collected) -> Iterator[Client]:
    """A client that existed when its whole module was instrumented."""
    collected.service.instrument(client.module)
    yield client
    _integration(client).uninstrument(client.module)  # type: ignore[attr-defined]


@pytest.mark.parametrize("scope", ["instrumented", "everywhere"])
def test_a_kept_trace_goes_onward_through_a_client_span(
    scope: str,
    client: Client,
    request: pytest.FixtureRequest,
    collected: Collected,
    upstream: Upstream,
) -> None:
    """The server sees the client span as its parent; span, duration and exemplar agree."""
    request.getfixturevalue(scope)
    with trace.get_tracer("test").start_as_current_span("checkout") as outer:
        assert client.call(upstream.url("/status/200?token=canary")) == 200

    span, _ = collected.spans()
    ids = span.get_span_context()
    assert span.name == "GET"
    assert span.kind is SpanKind.CLIENT
    assert span.parent == outer.get_span_context()
    assert span.status.status_code is StatusCode.UNSET
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "network.protocol.version": "1.1",
        "server.address": "127.0.0.1",
        "server.port": upstream.port,
        "url.full": upstream.url(),
    }
    (sent,) = upstream.traceparents()
    assert sent is not None
    assert sent.startswith(f"00-{ids.trace_id:032x}-{ids.span_id:016x}-")
    assert int(sent[-2:], 16) & 1 == 1
    attributes, point = collected.only()
    assert attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "network.protocol.version": "1.1",
        "server.address": "127.0.0.1",
        "server.port": upstream.port,
    }
    assert [exemplar.span_id for exemplar in point.exemplars] == [ids.span_id]


def test_a_client_made_after_its_module_was_instrumented_is_measured(
    everywhere: Client, collected: Collected, upstream: Upstream
) -> None:
    """`service.instrument(httpx)` is about every client of the process."""
    later = type(everywhere)()  # type: ignore[call-arg]
    try:
        later.call(upstream.url())
    finally:
        later.close()

    assert collected.only()[0]["http.response.status_code"] == 200


@pytest.mark.parametrize("collected", [0.0], indirect=True)
def test_a_dropped_trace_goes_onward_as_it_is(
    instrumented: Client, collected: Collected, upstream: Upstream
) -> None:
    """No span is made: the server sees the ids of the request that is being served; it is timed."""
    dropped = SpanContext(TRACE, SPAN, is_remote=False, trace_flags=TraceFlags(0))
    token = context.attach(trace.set_span_in_context(NonRecordingSpan(dropped)))
    try:
        instrumented.call(upstream.url())
    finally:
        context.detach(token)

    assert upstream.traceparents() == [f"00-{TRACE:032x}-{SPAN:016x}-00"]
    assert collected.spans() == []
    assert not collected.only()[1].exemplars


@pytest.mark.parametrize("remote", [True, False])
def test_a_sampled_parent_that_records_nothing_here_gets_a_child(
    remote: bool, instrumented: Client, collected: Collected, upstream: Upstream
) -> None:
    """Only a dropped trace goes without a span: this one is kept, elsewhere or by others."""
    kept = SpanContext(TRACE, SPAN, is_remote=remote, trace_flags=TraceFlags(1))
    token = context.attach(trace.set_span_in_context(NonRecordingSpan(kept)))
    try:
        instrumented.call(upstream.url())
    finally:
        context.detach(token)

    (span,) = collected.spans()
    assert span.parent == kept
    (sent,) = upstream.traceparents()
    assert sent is not None
    assert sent.startswith(f"00-{TRACE:032x}-{span.get_span_context().span_id:016x}-")


@pytest.mark.parametrize("collected", [0.0], indirect=True)
def test_a_dropped_root_tells_the_server_so(
    instrumented: Client, collected: Collected, upstream: Upstream
) -> None:
    """A call outside any trace asks the sampler, and passes a decision to drop on."""
    instrumented.call(upstream.url())

    (sent,) = upstream.traceparents()
    assert sent is not None
    assert int(sent[-2:], 16) & 1 == 0
    assert collected.spans() == []
    assert collected.only()[1].count == 1


@pytest.mark.parametrize("status", [404, 429, 503])
def test_an_error_status_is_the_error_type(
    status: int, instrumented: Client, collected: Collected, upstream: Upstream
) -> None:
    """To a client every status from 400 on is an error; the status alone says which."""
    assert instrumented.call(upstream.url(f"/status/{status}")) == status

    (span,) = collected.spans()
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description is None
    assert (span.attributes or {})["error.type"] == str(status)
    assert collected.only()[0]["error.type"] == str(status)


def test_what_went_wrong_without_a_response_is_told_by_its_class(
    instrumented: Client, collected: Collected
) -> None:
    """The exception reaches the caller; what its text says, the whole URL, goes nowhere."""
    url = f"http://user:canary@127.0.0.1:{free_port()}/pay?token=canary"
    with pytest.raises(Exception) as raised:
        instrumented.call(url)

    kind = type(raised.value)
    assert f"{kind.__module__}.{kind.__qualname__}" == instrumented.refused
    attributes, _ = collected.only()
    assert attributes["error.type"] == instrumented.refused
    assert "http.response.status_code" not in attributes
    (span,) = collected.spans()
    assert span.status.status_code is StatusCode.ERROR
    assert span.events == ()
    recorded = span.to_json()
    assert "REDACTED:REDACTED@127.0.0.1" in recorded
    assert "canary" not in recorded


def test_the_clients_own_timeout_is_named_by_its_class(
    instrumented: Client, collected: Collected, upstream: Upstream
) -> None:
    """`timeout` is kept for our own deadline: a client's is what the client calls it."""
    with pytest.raises((httpx.ReadTimeout, requests.ReadTimeout)):
        instrumented.call(upstream.url("/hang"), timeout=0.05)

    assert collected.only()[0]["error.type"] == instrumented.timed_out


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DeadlineExceededError("used up"), "timeout"),
        (KeyboardInterrupt(), "cancelled"),
        (OSError("gone"), "OSError"),
    ],
    ids=["deadline", "interrupt", "other"],
)
def test_deadline_and_cancellation_have_names_of_their_own(
    error: BaseException, expected: str, client: Client, collected: Collected
) -> None:
    """Whatever ends a call goes on to the caller unchanged, and the call is still measured."""
    client.raising(error)
    collected.service.instrument(client.target)
    with pytest.raises(type(error)) as raised:
        client.call("http://127.0.0.1/")

    assert raised.value is error
    assert collected.only()[0]["error.type"] == expected


def test_a_redirect_is_a_request_of_its_own(
    instrumented: Client, collected: Collected, upstream: Upstream
) -> None:
    """Both requests are measured under spans of their own, and the second says it is a resend."""
    assert instrumented.call(upstream.url("/redirect")) == 200

    first, second = collected.spans()
    assert "http.request.resend_count" not in (first.attributes or {})
    assert (second.attributes or {})["http.request.resend_count"] == 1
    assert (second.attributes or {})["url.full"] == upstream.url("/status/200")
    ids = [f"{span.get_span_context().span_id:016x}" for span in (first, second)]
    assert [str(sent).split("-")[2] for sent in upstream.traceparents()] == ids
    statuses = {a["http.response.status_code"]: point.count for a, point in collected.points()}
    assert statuses == {302: 1, 200: 1}


def test_an_authorization_that_is_answered_is_a_resend(
    instrumented: Client, collected: Collected, upstream: Upstream
) -> None:
    """Digest authorization sends twice: both are seen, the second as a resend."""
    auth = instrumented.digest("user", "canary")
    assert instrumented.call(upstream.url("/digest"), auth=auth) == 200

    assert collected.resends() == [None, 1]
    assert len(set(upstream.traceparents())) == 2


def test_a_second_call_is_no_resend(
    instrumented: Client, collected: Collected, upstream: Upstream
) -> None:
    """What was counted for one call does not leak into the next one."""
    instrumented.call(upstream.url("/redirect"))
    instrumented.call(upstream.url("/redirect"))

    assert collected.resends() == [None, 1, None, 1]


def test_an_unknown_method_is_other(
    instrumented: Client, collected: Collected, upstream: Upstream
) -> None:
    """Methods are a bounded set on the metric; the span keeps the original."""
    instrumented.call(upstream.url(), method="PROBE")

    (span,) = collected.spans()
    assert span.name == "HTTP"
    assert (span.attributes or {})["http.request.method"] == "_OTHER"
    assert (span.attributes or {})["http.request.method_original"] == "PROBE"
    assert collected.only()[0]["http.request.method"] == "_OTHER"


def test_instrumenting_again_changes_nothing(
    everywhere: Client, collected: Collected, upstream: Upstream
) -> None:
    """Client and module, twice each: one span and one measurement per request."""
    for target in (everywhere.target, everywhere.module, everywhere.target, everywhere.module):
        collected.service.instrument(target)
    everywhere.call(upstream.url())

    assert len(collected.spans()) == 1
    assert collected.only()[1].count == 1


def test_a_client_instrumented_before_its_module_is_measured_once(
    client: Client, collected: Collected, upstream: Upstream
) -> None:
    """The inner of two hooks finds the call measured."""
    collected.service.instrument(client.target)
    collected.service.instrument(client.module)
    try:
        client.call(upstream.url())
    finally:
        _integration(client).uninstrument(client.module)  # type: ignore[attr-defined]

    assert len(collected.spans()) == 1
    assert collected.only()[1].count == 1


@pytest.mark.parametrize("scope", ["target", "module"])
def test_uninstrumenting_puts_back_what_was_there(
    scope: str, client: Client, collected: Collected, upstream: Upstream
) -> None:
    """Afterwards nothing is measured and nothing is sent along."""
    target = getattr(client, scope)
    before = {name: vars(type(client.target)).get(name) for name in dir(type(client.target))}
    own = set(vars(client.target))
    collected.service.instrument(target)
    _integration(client).uninstrument(target)  # type: ignore[attr-defined]
    _integration(client).uninstrument(target)  # type: ignore[attr-defined]
    client.call(upstream.url())

    assert set(vars(client.target)) == own
    assert {name: vars(type(client.target)).get(name) for name in before} == before
    assert upstream.traceparents() == [None]
    assert collected.spans() == []
    assert collected.points() == []


@pytest.mark.parametrize(
    "key",
    [
        _SUPPRESS_INSTRUMENTATION_KEY,
        _SUPPRESS_HTTP_INSTRUMENTATION_KEY,
        "suppress_instrumentation",
    ],
    ids=["exporter", "http", "plain"],
)
def test_a_suppressed_call_is_left_alone(
    key: str, instrumented: Client, collected: Collected, upstream: Upstream
) -> None:
    """Exporters, and an instrumentation that measures the call already, are not measured."""
    token = context.attach(context.set_value(key, True))
    try:
        instrumented.call(upstream.url())
    finally:
        context.detach(token)

    assert upstream.traceparents() == [None]
    assert collected.spans() == []
    assert collected.points() == []


def test_a_fault_of_ours_stays_ours(
    instrumented: Client,
    collected: Collected,
    upstream: Upstream,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A propagator that raises costs the headers, not the call and not its measurement."""

    class Broken(TextMapPropagator):
        def extract(self, carrier, context=None, getter=None):  # type: ignore[no-untyped-def]
            return context

        def inject(self, carrier, context=None, setter=None):  # type: ignore[no-untyped-def]
            raise RuntimeError("no propagation today")

        @property
        def fields(self) -> set[str]:
            return set()

    good = propagate.get_global_textmap()
    propagate.set_global_textmap(Broken())
    try:
        assert instrumented.call(upstream.url()) == 200
        assert instrumented.call(upstream.url()) == 200
    finally:
        propagate.set_global_textmap(good)

    ((_, point),) = collected.points()
    assert point.count == 2
    assert len(collected.spans()) == 2
    assert collected.dropped() == {("traces", "internal_error"): 2}
    assert len([r for r in caplog.records if r.levelno >= logging.WARNING]) == 1


def test_exception_classes_are_bounded_over_all_clients(
    client: Client, collected: Collected
) -> None:
    """At most 50 classes per instrument, whichever client they came out of; the rest is _OTHER."""
    other = type(client)()  # type: ignore[call-arg]
    try:
        for number in range(60):
            calling = (client, other)[number % 2]
            calling.raising(type(f"Error{number}", (OSError,), {})())
            collected.service.instrument(calling.target)
            with pytest.raises(OSError):
                calling.call("http://127.0.0.1/")
    finally:
        other.close()

    counts = {attributes["error.type"]: point.count for attributes, point in collected.points()}
    assert len(counts) == 51
    assert counts["_OTHER"] == 10
