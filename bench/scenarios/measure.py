"""One run of a measured function that does nothing, over the same function without measuring.

The reference is what nobody could do with less: a wrapper by functools.wraps, two readings of the
clock, one record into a cell that was resolved once. It tells no failure from a success.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final

from bench import checks
from bench.clock import timed
from bench.loops import awaiting, calling
from bench.model import Goal, Scenario, Variant, Workload

OPERATION: Final = "job"
COUNTED: Final = "holds every run"


def work() -> None:
    """Do nothing: what is added is all there is."""


async def async_work() -> None:
    """Do nothing, and wait for nothing."""


def bare() -> Workload:
    """The function alone."""
    return Workload(measure=lambda operations: timed(calling(work), operations))


def bare_async() -> Workload:
    """The async function alone, awaited in one task."""
    return Workload(measure=lambda operations: timed(awaiting(async_work), operations))


def reference() -> Workload:
    """functools.wraps, two readings of the clock, one record into a cell."""
    service, count = _service()
    record = _cell(service).record

    @functools.wraps(work)
    def measured(*args: Any, **kwargs: Any) -> None:
        started = perf_counter()
        try:
            return work(*args, **kwargs)
        finally:
            record(perf_counter() - started)

    return _counted(calling(measured), count)


def reference_async() -> Workload:
    """As `reference`, awaited."""
    service, count = _service()
    record = _cell(service).record

    @functools.wraps(async_work)
    async def measured(*args: Any, **kwargs: Any) -> None:
        started = perf_counter()
        try:
            return await async_work(*args, **kwargs)
        finally:
            record(perf_counter() - started)

    return _counted(awaiting(measured), count)


def ours(*, objectives: int = 0, **arguments: Any) -> Workload:
    """`service.measure` as a decorator."""
    service, count = _service(objectives)
    return _counted(calling(service.measure(OPERATION, **arguments)(work)), count)


def ours_async() -> Workload:
    """`service.measure` on an async function."""
    service, count = _service()
    return _counted(awaiting(service.measure(OPERATION)(async_work)), count)


def ours_sampled() -> Workload:
    """`service.measure` inside a sampled span, so that each run has an exemplar."""
    from opentelemetry import trace
    from opentelemetry.context import attach
    from opentelemetry.trace import SpanContext, TraceFlags

    service, count = _service()
    sampled = SpanContext(2**100 + 1, 2**50 + 1, True, TraceFlags(TraceFlags.SAMPLED))
    attach(trace.set_span_in_context(trace.NonRecordingSpan(sampled)))
    return _counted(calling(service.measure(OPERATION)(work)), count)


def ours_block() -> Workload:
    """One operation as a context manager."""
    service, count = _service()
    operation = service.measure(OPERATION)

    def run(operations: int) -> None:
        for _ in range(operations):
            with operation:
                work()

    return _counted(run, count)


def ours_named_block() -> Workload:
    """`with service.measure(name)`, made for each block."""
    service, count = _service()
    measure = service.measure

    def run(operations: int) -> None:
        for _ in range(operations):
            with measure(OPERATION):
                work()

    return _counted(run, count)


def _service(objectives: int = 0) -> tuple[Any, Callable[[], int]]:
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    import ninefold as nf

    reader = InMemoryMetricReader()
    service = nf.setup("bench", readers=[reader])
    for number in range(objectives):
        service.objective(f"o{number}", nf.availability(operation=OPERATION, target=0.99))
    return service, lambda: checks.recorded(reader, "ninefold.operation.duration")


def _cell(service: Any) -> Any:
    from ninefold.registry import OPERATION_DURATION

    return service.telemetry.histogram(OPERATION_DURATION).cell((OPERATION, "success", None))


def _counted(run: Callable[[int], None], count: Callable[[], int]) -> Workload:
    return Workload(
        measure=lambda operations: timed(run, operations), check=checks.expect("runs", count)
    )


NONE = {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}


def _variant(
    name: str, label: str, build: Callable[[], Workload], *, over: str = "bare"
) -> Variant:
    return Variant(name=name, label=label, build=build, over=over, claim=COUNTED, environment=NONE)


SCENARIO = Scenario(
    name="measure",
    title="One run of a measured function that does nothing",
    operation="run",
    operations=5_000,
    warm_up=500,
    variants=(
        Variant(name="bare", label="the function", build=bare, over=None),
        Variant(name="bare-async", label="the async function", build=bare_async, over=None),
        Variant(name="control", label="bare again (noise)", build=bare),
        _variant("reference", "wraps, two clocks, one cell", reference),
        _variant("ninefold", "ninefold, def", ours),
        _variant("reference-async", "the same, async", reference_async, over="bare-async"),
        _variant("ninefold-async", "ninefold, async def", ours_async, over="bare-async"),
        _variant("ninefold-objective", "ninefold, an objective", lambda: ours(objectives=1)),
        _variant("ninefold-good", "ninefold, a classifier", lambda: ours(good=_is_none)),
        _variant("ninefold-sampled", "ninefold, with an exemplar", ours_sampled),
        _variant("ninefold-block", "ninefold, with operation", ours_block),
        _variant("ninefold-named", "ninefold, with measure(name)", ours_named_block),
    ),
    goals=(
        Goal(of="ninefold", against="reference", at_most=1.5),
        Goal(of="ninefold-async", against="reference-async", at_most=1.5),
        Goal(of="ninefold-objective", against="reference", at_most=None),
        Goal(of="ninefold-good", against="reference", at_most=None),
        Goal(of="ninefold-sampled", against="reference", at_most=None),
        Goal(of="ninefold-block", against="reference", at_most=None),
        Goal(of="ninefold-named", against="reference", at_most=None),
    ),
)


def _is_none(result: object) -> bool:
    return result is None
