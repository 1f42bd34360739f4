"""The quick reading of `traceparent` says what OpenTelemetry's own propagator says, or nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry import propagate, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.propagators.b3 import B3SingleFormat
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.textmap import DefaultGetter
from opentelemetry.trace import SpanContext
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ninefold.telemetry._propagation import Propagation, traceparent

SDK = TraceContextTextMapPropagator()


def by_the_sdk(headers: list[tuple[bytes, bytes]]) -> SpanContext:
    """What OpenTelemetry's propagator reads from these headers."""
    carrier: dict[str, list[str]] = {}
    for name, value in headers:
        carrier.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    context = SDK.extract(carrier, Context(), DefaultGetter())
    return trace.get_current_span(context).get_span_context()


def hexadecimal(length: int) -> st.SearchStrategy[str]:
    """Digits, mostly right: zeros and capitals among them."""
    return st.one_of(
        st.text("0123456789abcdef", min_size=length, max_size=length),
        st.just("0" * length),
        st.text("0123456789abcdefABCDEFg", max_size=length + 1),
    )


near = st.builds(
    "{}{}-{}-{}-{}{}".format,
    st.sampled_from(["", " ", "\t", "\n"]),
    st.sampled_from(["00", "01", "ff", "cc", "0", "000"]),
    hexadecimal(32),
    hexadecimal(16),
    hexadecimal(2),
    st.sampled_from(["", " ", "\n", "-", "-00", "\x00", "-what the future may bring", "\r\n"]),
).map(lambda text: text.encode("latin-1"))
values = st.one_of(near, st.binary(max_size=80), st.binary(min_size=513, max_size=600))


@given(values)
@example(b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n")
@example(b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff")
def test_what_the_quick_reading_takes_is_what_the_sdk_reads(value: bytes) -> None:
    """Ids and flags are the same wherever it takes a header; what it takes, the SDK takes too."""
    ids = traceparent(value)
    wanted = by_the_sdk([(b"traceparent", value)])
    if ids is not None:
        assert (wanted.is_valid, wanted.is_remote) == (True, True)
        trace_id, span_id, flags = ids
        assert (trace_id, int(span_id, 16)) == (wanted.trace_id, wanted.span_id)
        assert flags == int(wanted.trace_flags)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"traceparent", b"tracestate", b"baggage", b"host", b"b3"]), values
        ),
        max_size=6,
    )
)
def test_any_headers_give_the_sdks_parent(headers: list[tuple[bytes, bytes]]) -> None:
    """Repeated, malformed or not text: no header raises, and the parent is the SDK's."""
    context = Propagation().parent(headers)
    found = trace.get_current_span(context or Context()).get_span_context()
    wanted = by_the_sdk(headers)
    assert found == wanted
    assert found.trace_state == wanted.trace_state


@pytest.fixture(scope="module")
def all_propagators() -> Iterator[None]:
    """Every propagator at once."""
    before = propagate.get_global_textmap()
    propagate.set_global_textmap(
        CompositePropagator([SDK, W3CBaggagePropagator(), B3SingleFormat()])
    )
    yield
    propagate.set_global_textmap(before)


@pytest.mark.usefixtures("all_propagators")
@given(
    st.dictionaries(
        st.sampled_from(
            ["HTTP_B3", "HTTP_X_B3_TRACEID", "HTTP_TRACEPARENT", "HTTP_BAGGAGE", "HTTP_É", "PATH"]
        ),
        st.one_of(st.text(max_size=60), near.map(lambda value: value.decode("latin-1"))),
    )
)
def test_any_environ_is_read_without_raising(environ: dict[str, str]) -> None:
    """Whatever a WSGI server passes on, characters beyond Latin-1 included, nothing raises."""
    reading = Propagation()
    context = reading.parent(reading.of_environ(environ))
    assert context is None or isinstance(context, Context)
