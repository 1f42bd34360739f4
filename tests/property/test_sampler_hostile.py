"""What a client sends as trace context never raises in `nf.Sampler`: at worst a trace is fresh."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    TraceFlags,
    TraceState,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

import ninefold as nf

TRACE: Final = "0af7651916cd43dd8448eb211c80319c"
SPAN: Final = "b7ad6b7169203331"
PROPAGATOR: Final = TraceContextTextMapPropagator()
RULES: Final = (
    nf.Rule(path="/pay/*", rate=1.0),
    nf.Rule(attributes={"tenant": "acme"}, rate=0.5, override=True),
)
SAMPLERS: Final = tuple(
    nf.Sampler(nf.Sampling(default=0.5, parent=parent, rules=RULES, target_per_s=None))
    for parent in ("respect", "ignore")
)
PROVIDERS: Final = tuple(
    TracerProvider(sampler=sampler, shutdown_on_exit=False) for sampler in SAMPLERS
)

hexadecimal = st.text("0123456789abcdefABCDEFxg-", max_size=40)
parents = st.one_of(
    st.text(max_size=80),
    st.builds(
        "-".join,
        st.tuples(
            st.sampled_from(["00", "01", "ff", "0", ""]),
            st.one_of(st.just(TRACE), st.just("0" * 32), hexadecimal),
            st.one_of(st.just(SPAN), st.just("0" * 16), hexadecimal),
            st.sampled_from(["00", "01", "03", "ff", "1", "zz", "01-more"]),
        ),
    ),
)
entries = st.one_of(
    st.sampled_from(["th:8", "th:F", "th:0x8", "rv:0123456789abcd", "rv:+123", "th:8;;", "x:1"]),
    st.text("thrv:;.0123456789abcdef", max_size=300),
)
members = st.one_of(
    st.builds("ot={}".format, entries),
    st.sampled_from(["vendor=x", "a@b=1", "A=1", "=", "dup=1", "", " "]),
    st.text(max_size=20),
)
states = st.builds(",".join, st.lists(members, max_size=40))


def _span(provider: TracerProvider, context: Context) -> Any:
    span = provider.get_tracer("test").start_span(
        "GET /pay/{card}",
        context=context,
        kind=SpanKind.SERVER,
        attributes={"url.path": "/pay/visa", "tenant": "acme"},
    )
    span.end()
    return span


@given(parents, states)
@example(f"00-{TRACE}-{SPAN}-01", "ot=" + "a:" * 200)
@example(f"00-{TRACE}-{SPAN}-01", ",".join(f"k{number}=v" for number in range(33)))
def test_any_headers_make_a_span(traceparent: str, tracestate: str) -> None:
    """A parent that can be read is followed; of another one nothing is taken over."""
    headers = {"traceparent": traceparent, "tracestate": tracestate}
    context = PROPAGATOR.extract(headers, context=Context())
    readable = any(isinstance(each, NonRecordingSpan) for each in context.values())
    for provider in PROVIDERS:
        span = _span(provider, context)
        own = span.get_span_context()
        assert own.is_valid
        assert (f"{own.trace_id:032x}" == TRACE) == (readable and TRACE in traceparent.lower())
        if not readable:
            # A root, which the first rule means.
            assert dict(own.trace_state) == {"ot": "th:0"}
        assert isinstance(span, ReadableSpan) == own.trace_flags.sampled


@given(
    st.integers(0, (1 << 128) - 1),
    st.integers(0, (1 << 64) - 1),
    st.booleans(),
    st.integers(0, 255),
    st.one_of(
        st.none(), st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=40)
    ),
    st.text(max_size=300),
)
def test_any_span_context_is_decided_on(
    trace_id: int,
    span_id: int,
    remote: bool,
    flags: int,
    state: list[tuple[str, str]] | None,
    entry: str,
) -> None:
    """Whatever propagators, and code, make of a parent: by a decision, not by falling back."""
    others = None if state is None else TraceState([("ot", entry), *state])
    parent = SpanContext(trace_id, span_id, remote, TraceFlags(flags), others)
    context = set_span_in_context(NonRecordingSpan(parent), Context())
    for sampler in SAMPLERS:
        faults: list[Exception] = []
        sampler.failed = faults.append
        attributes = {"url.path": "/pay/visa", "http.request.method": "GET"}
        result = sampler.should_sample(context, trace_id, "a", SpanKind.SERVER, attributes)
        assert faults == []
        assert len(result.trace_state or ()) <= 32
