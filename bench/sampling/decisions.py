"""One decision: a sampler that is asked as the SDK's tracer asks it, and the head by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import cycle, islice
from random import Random
from typing import TYPE_CHECKING, Final, Literal

from bench.clock import timed
from bench.model import Goal, Scenario, Variant, Workload
from bench.sampling import rules
from bench.sampling.rules import ATTRIBUTES, RATIO

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace.sampling import Sampler

    from ninefold.sampling import Head

Parent = Literal["none", "remote", "local"]

_random: Final = Random(1)
TRACES: Final = tuple(_random.getrandbits(128) for _ in range(512))
"""The traces that are decided on: a tenth of them, or nearly, is kept where it is by their ids."""

AGREES = "keeps the share that it should"


def bare() -> Workload:
    """The loop alone."""

    def run(operations: int) -> None:
        for _ in islice(cycle(TRACES), operations):
            pass

    return Workload(measure=lambda operations: timed(run, operations))


def sampler(build: Callable[[], Sampler], parent: Parent) -> Workload:
    """`should_sample` as `Tracer.start_span` calls it."""
    from opentelemetry.trace import SpanKind

    should = build().should_sample
    context = _context(parent)

    def run(operations: int) -> None:
        for trace_id in islice(cycle(TRACES), operations):
            should(context, trace_id, "GET", SpanKind.SERVER, ATTRIBUTES, ())

    def kept() -> int:
        found = (
            should(context, trace_id, "GET", SpanKind.SERVER, ATTRIBUTES, ()) for trace_id in TRACES
        )
        return sum(each.decision.is_sampled() for each in found)

    return _deciding(run, kept, none=parent != "none")


def head(number: int, *, last_fits: bool = False) -> Workload:
    """`Head.decide` at a root."""
    decide = _head(number, last_fits=last_fits).decide
    seen = Seen()

    def run(operations: int) -> None:
        for trace_id in islice(cycle(TRACES), operations):
            decide(trace_id, None, None, seen)

    return _deciding(run, lambda: sum(decide(each, None, None, seen)[0] for each in TRACES))


def parent_based() -> Sampler:
    """What the SDK has by `OTEL_TRACES_SAMPLER=parentbased_traceidratio`."""
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    return ParentBased(TraceIdRatioBased(RATIO))


def head_sampler(number: int, *, last_fits: bool = False) -> Sampler:
    """Our sampler with so many rules, as it is used without `setup()`."""
    from ninefold.telemetry import HeadSampler

    return HeadSampler(_head(number, last_fits=last_fits))


def counting_sampler(number: int) -> Sampler:
    """Our sampler as `setup()` has it: it counts what it decides."""
    import ninefold as nf

    service = nf.setup("bench")
    found = head_sampler(number)
    found.counted = service.tracing.decisions.count  # type: ignore[attr-defined]  # HeadSampler's
    return found


class Seen:
    """What rules see of a request."""

    sampled_kind = "server"

    @property
    def sampled_path(self) -> str | None:
        return rules.PATH

    @property
    def sampled_method(self) -> str | None:
        return "GET"

    @property
    def sampled_attributes(self) -> Mapping[str, object]:
        return ATTRIBUTES


def _head(number: int, *, last_fits: bool) -> Head:
    from ninefold.sampling import Head, Sampling

    said = rules.ours(number, last_fits=last_fits) if number else ()
    return Head(Sampling(default=RATIO, rules=said, target_per_s=None))


def _context(parent: Parent) -> Context | None:
    """A context with an unsampled parent, or an empty one."""
    from opentelemetry import trace
    from opentelemetry.context import Context

    if parent == "none":
        return None
    above = trace.SpanContext(2**100 + 1, 2**50 + 1, parent == "remote", trace.TraceFlags(0))
    return trace.set_span_in_context(trace.NonRecordingSpan(above), Context())


def _deciding(
    run: Callable[[int], None], kept: Callable[[], int], *, none: bool = False
) -> Workload:
    """Whatever the way: of 512 traces 51 are kept, give or take four times what chance does."""

    def check(done: int) -> str | None:
        del done
        low, high = (0, 0) if none else (24, 79)
        found = kept()
        if low <= found <= high:
            return None
        return f"keeps {found} of {len(TRACES)} instead of {low} to {high}"

    return Workload(measure=lambda operations: timed(run, operations), check=check)


NONE: Final = {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}


def _variant(name: str, label: str, build: Callable[[], Workload]) -> Variant:
    return Variant(name=name, label=label, build=build, claim=AGREES, environment=NONE)


def _scenario(
    name: str, title: str, variants: tuple[Variant, ...], goals: tuple[Goal, ...]
) -> Scenario:
    return Scenario(
        name=name,
        title=title,
        operation="decision",
        operations=5_000,
        warm_up=500,
        variants=(
            Variant(name="bare", label="the loop", build=bare, over=None),
            Variant(name="control", label="the loop again (noise)", build=bare),
            *variants,
        ),
        goals=goals,
    )


def _samplers(parent: Parent) -> tuple[Variant, ...]:
    def of(build: Callable[[], Sampler]) -> Callable[[], Workload]:
        return partial(sampler, build, parent)

    return (
        _variant("sdk", "SDK, ParentBased(TraceIdRatioBased)", of(parent_based)),
        _variant("composite", "SDK, composite", of(partial(rules.composite, rules=False))),
        _variant(
            "composite-10", "SDK, composite, 10 rules", of(partial(rules.composite, rules=True))
        ),
        _variant("ninefold", "ninefold", of(partial(head_sampler, 0))),
        _variant("ninefold-1", "ninefold, 1 rule", of(partial(head_sampler, 1))),
        _variant("ninefold-10", "ninefold, 10 rules, none fits", of(partial(head_sampler, 10))),
        _variant(
            "ninefold-last",
            "ninefold, 10 rules, the last fits",
            of(partial(head_sampler, 10, last_fits=True)),
        ),
        _variant(
            "ninefold-counted", "ninefold, 10 rules, counted", of(partial(counting_sampler, 10))
        ),
    )


_NO_SLOWER: Final = (
    *(
        Goal(of=of, against="sdk", at_most=1.0, within_noise=True)
        for of in ("ninefold", "ninefold-1", "ninefold-10", "ninefold-last")
    ),
    Goal(of="ninefold-counted", against="sdk"),
    Goal(of="ninefold-10", against="composite-10"),
)

ROOT = _scenario(
    "decision-root", "A decision on a root, by the sampler", _samplers("none"), _NO_SLOWER
)
REMOTE = _scenario(
    "decision-remote",
    "A decision under a remote parent that was not sampled",
    _samplers("remote"),
    _NO_SLOWER,
)
CHILD = _scenario(
    "decision-child",
    "A decision under a span of the same process that was not sampled",
    _samplers("local"),
    _NO_SLOWER,
)
HEAD = _scenario(
    "decision-head",
    "A decision on a root without an SDK sampler around it, as the middleware takes it",
    (
        _variant(
            "sdk", "SDK, ParentBased(TraceIdRatioBased)", partial(sampler, parent_based, "none")
        ),
        _variant("ninefold", "Head.decide", partial(head, 0)),
        _variant("ninefold-1", "Head.decide, 1 rule", partial(head, 1)),
        _variant("ninefold-10", "Head.decide, 10 rules, none fits", partial(head, 10)),
        _variant(
            "ninefold-last",
            "Head.decide, 10 rules, the last fits",
            partial(head, 10, last_fits=True),
        ),
    ),
    tuple(
        Goal(of=of, against="sdk", at_most=1.0, within_noise=True)
        for of in ("ninefold", "ninefold-1", "ninefold-10", "ninefold-last")
    ),
)
