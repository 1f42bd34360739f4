"""A span through the SDK's tracer, under our sampler and the SDK's: dropped, and kept.

It is started, put into the context and ended, as `start_as_current_span` does it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.clock import timed
from bench.loops import calling
from bench.model import Goal, Scenario, Variant, Workload
from bench.sampling import rules
from bench.sampling.decisions import NONE
from bench.sampling.rules import ATTRIBUTES

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.sampling import Sampler


def bare() -> Workload:
    """The call of a function that does nothing."""
    return Workload(measure=lambda operations: timed(calling(lambda: None), operations))


def span(build: Callable[[], Sampler], *, kept: bool = False, child: bool = False) -> Workload:
    """A span of a provider with the sampler; `child`: below a span of the same process."""
    from opentelemetry import trace
    from opentelemetry.context import Context, attach
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace import SpanKind

    from bench.span_count import CountingExporter

    provider = TracerProvider(sampler=build())
    # Larger than what one turn ends: what does not fit would be dropped, and cost less.
    provider.add_span_processor(BatchSpanProcessor(CountingExporter(), max_queue_size=16_384))
    tracer = provider.get_tracer("bench")
    if child:
        above = trace.SpanContext(2**100 + 1, 2**50 + 1, False, trace.TraceFlags(0))
        attach(trace.set_span_in_context(trace.NonRecordingSpan(above), Context()))
    start = tracer.start_as_current_span

    def one() -> Any:
        with start("GET", kind=SpanKind.SERVER, attributes=ATTRIBUTES) as found:
            return found

    def check(done: int) -> str | None:
        sampled = one().get_span_context().trace_flags.sampled
        provider.force_flush()
        exported, wanted = CountingExporter.exported, done + 1 if kept else 0
        if sampled is not kept:
            return f"a span is {'' if sampled else 'not '}sampled"
        return None if exported == wanted else f"{exported} spans exported instead of {wanted}"

    return Workload(measure=lambda operations: timed(calling(one), operations), check=check)


def parent_based(ratio: float) -> Sampler:
    """The SDK's."""
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    return ParentBased(TraceIdRatioBased(ratio))


def composite(ratio: float) -> Sampler:
    """The SDK's consistent one."""
    from opentelemetry.sdk.trace import _sampling_experimental as consistent

    return consistent.composite_sampler(
        consistent.composable_parent_threshold(consistent.composable_traceid_ratio_based(ratio))
    )


def ours(ratio: float, number: int = 0) -> Sampler:
    """Ours, with so many rules that none of fits."""
    from ninefold.sampling import Head, Sampling
    from ninefold.telemetry import HeadSampler

    said = rules.ours(number) if number else ()
    return HeadSampler(Head(Sampling(default=ratio, rules=said, target_per_s=None)))


def _scenario(name: str, title: str, *, kept: bool = False, child: bool = False) -> Scenario:
    ratio = 1.0 if kept else 0.0
    claim = "keeps every span" if kept else "drops every span"

    def variant(name: str, label: str, build: Callable[[], Sampler]) -> Variant:
        return Variant(
            name=name,
            label=label,
            build=partial(span, build, kept=kept, child=child),
            claim=claim,
            environment=NONE,
        )

    return Scenario(
        name=name,
        title=title,
        operation="span",
        operations=1_000,
        warm_up=100,
        variants=(
            Variant(name="bare", label="a call", build=bare, over=None),
            Variant(name="control", label="a call again (noise)", build=bare),
            variant("sdk", "SDK, ParentBased(TraceIdRatioBased)", partial(parent_based, ratio)),
            variant("composite", "SDK, composite", partial(composite, ratio)),
            variant("ninefold", "ninefold", partial(ours, ratio)),
            variant("ninefold-10", "ninefold, 10 rules", partial(ours, ratio, 10)),
        ),
        goals=tuple(
            Goal(of=of, against=against)
            for of in ("ninefold", "ninefold-10")
            for against in ("sdk", "composite")
        ),
    )


DROPPED = _scenario("span-dropped", "A root of the SDK's tracer, dropped")
DROPPED_CHILD = _scenario(
    "span-dropped-child", "A span of the SDK's tracer below one that was dropped", child=True
)
KEPT = _scenario("span-kept", "A root of the SDK's tracer, kept and exported", kept=True)
