"""What passes on to OpenTelemetry's propagators is read as before, and never quoted in a log."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from opentelemetry import baggage, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ninefold.telemetry._propagation import _Headers
from ninefold.telemetry._w3c import LONGEST, sound

PARENT = (b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
PROPAGATOR = CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()])

pieces = st.sampled_from(
    [
        b"a",
        b"b1",
        b"A",
        b"=",
        b",",
        b";",
        b" ",
        b"\t",
        b"%20",
        b'"',
        b"\r\n",
        b"\xff",
        b"@",
        b"1",
        b"*",
    ]
)
MANY = b",".join(b"k%d=1" % number for number in range(512))
members = st.sampled_from([b"a=1", b"b=2", b"a@b=3", b"key=value", b" c = 4 ", b"d=5;p;q=1"])
values = st.one_of(
    st.lists(pieces, max_size=40).map(b"".join),
    st.lists(members, max_size=200).map(b",".join),
    st.binary(max_size=60),
)


@pytest.fixture(scope="module")
def quoted() -> Iterator[list[str]]:
    """What OpenTelemetry's own code logs."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    handler = Keep(logging.DEBUG)
    logger = logging.getLogger("opentelemetry")
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)


@given(st.lists(values, max_size=3), st.lists(values, max_size=3))
@example([b"a" * 5000], [])
@example([b"password canary"], [b"a" * 8000])
@example([MANY], [MANY])
@example([b"a=" + b"1" * 5000], [b"a=1,a=2"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_is_passed_on_is_logged(
    quoted: list[str], bags: list[bytes], states: list[bytes]
) -> None:
    """Whatever a client sends as `baggage` and `tracestate`, OpenTelemetry has nothing to say."""
    headers = [PARENT, *((b"baggage", each) for each in bags)]
    headers += [(b"tracestate", each) for each in states]
    quoted.clear()
    PROPAGATOR.extract(sound(headers), Context(), _Headers())
    assert quoted == []


@given(values)
@example(b"a = 1 , b=2;p=3")
@example(b"a=%0d%0a")
def test_baggage_is_read_as_opentelemetry_reads_it(value: bytes) -> None:
    """What follows the grammar comes through with the value that OpenTelemetry gives it."""
    headers = [(b"baggage", value)]
    ours = baggage.get_all(PROPAGATOR.extract(sound(headers), Context(), _Headers()))
    theirs = baggage.get_all(PROPAGATOR.extract(headers, Context(), _Headers()))
    # Early releases of OpenTelemetry take no white space around a key; it is handed on without.
    assert {key: theirs.get(key, ours[key]) for key in ours} == dict(ours)


@given(st.lists(members.filter(lambda each: b";" not in each), max_size=40, unique=True))
def test_trace_state_is_read_as_opentelemetry_reads_it(given_: list[bytes]) -> None:
    """All members of a header that follows the grammar, or none."""
    headers = [PARENT, (b"tracestate", b",".join(given_))]

    def read(carrier: list[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
        context = PROPAGATOR.extract(carrier, Context(), _Headers())
        return list(trace.get_current_span(context).get_span_context().trace_state.items())

    assert read(sound(headers)) == read(headers)


@pytest.mark.parametrize("name", [b"traceparent", b"tracestate", b"baggage", b"b3"])
def test_a_header_that_is_too_long_is_dropped(name: bytes) -> None:
    """A megabyte is nobody's trace."""
    assert sound([(name, b"a=" + b"1" * LONGEST)]) == []
