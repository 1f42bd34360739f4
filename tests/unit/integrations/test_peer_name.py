"""Which dependency a client's span is for: `service.peer.name`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry import context, trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from tests.support.outgoing import CLIENTS, Client, Collected, Upstream, upstream_server

import ninefold as nf
from ninefold.resilience import present_peer


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
def collected() -> Iterator[Collected]:
    """A service that keeps every trace."""
    collected = Collected(sampling=nf.Sampling(default=1.0))
    yield collected
    collected.service.shutdown()


def peers(collected: Collected) -> list[object]:
    """The dependency that each span names."""
    return [(span.attributes or {}).get("service.peer.name") for span in collected.spans()]


@pytest.mark.parametrize("inside", ["a kept trace", "no trace", "a trace kept elsewhere"])
@pytest.mark.parametrize("retries", [False, True])
@pytest.mark.parametrize("form", ["function", "block"])
def test_a_request_in_a_guarded_call_names_the_dependency(
    inside: str, retries: bool, form: str, client: Client, collected: Collected, upstream: Upstream
) -> None:
    """Wherever its span is recorded: in a trace that is there, and as the root of one."""
    retry = nf.Retry(on=OSError) if retries else None
    psp = collected.service.dependency("psp", kind="http", policy=nf.Policy(retry=retry))
    collected.service.instrument(client.target)

    def call() -> None:
        if form == "function":
            psp.guard(lambda: client.call(upstream.url()))()
        else:
            with psp.permit():
                client.call(upstream.url())

    if inside == "a kept trace":
        with trace.get_tracer("test").start_as_current_span("checkout"):
            call()
    elif inside == "no trace":
        call()
    else:
        above = SpanContext(7, 9, is_remote=True, trace_flags=TraceFlags(1))
        token = context.attach(trace.set_span_in_context(NonRecordingSpan(above)))
        try:
            call()
        finally:
            context.detach(token)
    client.call(upstream.url())

    assert [peer for peer in peers(collected) if peer] == ["psp"]


def test_without_spans_a_call_is_not_marked(upstream: Upstream) -> None:
    """Where no span goes anywhere, nothing is put into the context for one."""
    service = nf.setup("shop")
    try:
        psp = service.dependency("psp", kind="http")
        assert psp.guard(present_peer)() is None
    finally:
        service.shutdown()
