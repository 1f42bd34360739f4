"""Whether a trace is kept: the same everywhere for the same id, nested by ratio, as asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from ninefold.sampling import Head, Sampling
from ninefold.telemetry import HeadSampler

trace_ids = st.integers(1, (1 << 128) - 1)
ratios = st.floats(0, 1)


@given(trace_ids, ratios, ratios)
def test_a_higher_ratio_keeps_what_a_lower_one_keeps(
    trace_id: int, one: float, other: float
) -> None:
    """Two services with different ratios keep nested sets: the rarer one's traces are whole."""
    low, high = sorted((one, other))
    if Head(Sampling(default=low)).keeps(trace_id, None):
        assert Head(Sampling(default=high)).keeps(trace_id, None)


@given(trace_ids)
def test_all_and_nothing_are_exact(trace_id: int) -> None:
    """A ratio of 1 keeps every trace and a ratio of 0 none."""
    assert Head(Sampling(default=1)).keeps(trace_id, None)
    assert not Head(Sampling(default=0)).keeps(trace_id, None)


@given(ratios)
def test_the_share_of_kept_ids_is_the_ratio(ratio: float) -> None:
    """Of the 2^56 values that decide, the ratio's share is kept, to the nearest one."""
    space = 1 << 56
    assert space - Head(Sampling(default=ratio)).threshold == round(ratio * space)


@given(trace_ids, ratios, st.booleans())
def test_a_respected_parent_decides(trace_id: int, ratio: float, sampled: bool) -> None:
    """With "respect" the parent's decision is ours; with "ignore" it changes nothing."""
    assert Head(Sampling(default=ratio)).keeps(trace_id, sampled) is sampled
    ignoring = Head(Sampling(default=ratio, parent="ignore"))
    assert ignoring.keeps(trace_id, sampled) == ignoring.keeps(trace_id, None)


@given(
    trace_ids, ratios, st.sampled_from([None, True, False]), st.sampled_from(["respect", "ignore"])
)
def test_the_sdk_sampler_decides_the_same(
    trace_id: int, ratio: float, parent: bool | None, rule: str
) -> None:
    """Spans that the SDK starts are kept exactly where a request of the same trace would be."""
    head = Head(
        Sampling(
            default=ratio,
            parent="ignore" if rule == "ignore" else "respect",
            target_per_s=None,
        )
    )
    context = Context()
    if parent is not None:
        above = SpanContext(trace_id, 1, True, TraceFlags(int(parent)))
        context = set_span_in_context(NonRecordingSpan(above), context)
    result = HeadSampler(head).should_sample(context, trace_id, "name")
    assert (result.decision is Decision.RECORD_AND_SAMPLE) == head.keeps(trace_id, parent)
    assert result.decision is not Decision.RECORD_ONLY
