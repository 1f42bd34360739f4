"""Tracer providers that keep traces for how they end, and those that they are compared with.

All of them are the SDK's provider with its batching processor before an exporter that counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.sdk.trace.sampling import Sampler

SLOW: Final = 5.0
"""Seconds: no trace of the benchmarks is kept for its duration."""

LEVEL: Final = "logfire.level_num"
ERROR_LEVEL: Final = 17
"""By which logfire knows an error; ninefold goes by the span's status."""


@dataclass(frozen=True, slots=True)
class Tail:
    """A provider, and what its buffer has lost and holds, for as far as it tells."""

    provider: TracerProvider
    lost: Callable[[], int] = lambda: 0
    held: Callable[[], int | None] = lambda: None
    """Bytes, by its own account."""


def recorded() -> Tail:
    """Every span is recorded, and none exported: what deferral costs is on top of that."""
    from opentelemetry.sdk.trace import sampling

    only = sampling.StaticSampler(sampling.Decision.RECORD_ONLY)
    return Tail(_provider(only, _batching()))


def exported() -> Tail:
    """Every span is recorded and exported."""
    from opentelemetry.sdk.trace import sampling

    return Tail(_provider(sampling.ALWAYS_ON, _batching()))


def ninefold(max_mb: float = 32.0) -> Tail:
    """None is kept at first; errors are, and what is slow."""
    import ninefold as nf
    from ninefold.sampling import Deferral, Head
    from ninefold.telemetry import HeadSampler
    from ninefold.telemetry._faults import Faults

    keep = nf.Keep(slower_than=SLOW)
    buffer = nf.Buffer(max_mb=max_mb)
    waits: list[Deferral[Any]] = []

    def waiting(weigh: Callable[[Any], int]) -> Deferral[Any]:
        waits.append(Deferral(keep, buffer, weigh))
        return waits[-1]

    said = nf.Sampling(default=0.0, target_per_s=None, keep=keep, buffer=buffer)
    sampler = HeadSampler(Head(said), waiting)
    lost: list[int] = []
    sampler.lost = lambda reason, spans: lost.append(spans)
    deferring = sampler.defer([_batching()], Faults())
    assert deferring is not None
    return Tail(_provider(sampler, deferring), lambda: sum(lost), lambda: waits[0].bytes)


def logfire() -> Tail:
    """The same by logfire's tail sampling, which `logfire.configure(sampling=...)` sets up."""
    from logfire.sampling import SamplingOptions
    from logfire.sampling._tail_sampling import TailSamplingProcessor
    from opentelemetry.sdk.trace import sampling

    options = SamplingOptions.level_or_duration(level_threshold="error", duration_threshold=SLOW)
    assert options.tail is not None
    return Tail(
        _provider(sampling.ALWAYS_ON, TailSamplingProcessor(_batching(), options.tail)),
    )


def _batching() -> SpanProcessor:
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from bench.span_count import CountingExporter

    # Larger than what one turn ends: what does not fit would be dropped, and cost less.
    return BatchSpanProcessor(CountingExporter(), max_queue_size=65_536)


def _provider(sampler: Sampler, processor: SpanProcessor) -> TracerProvider:
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider(sampler=sampler)
    provider.add_span_processor(processor)
    return provider
