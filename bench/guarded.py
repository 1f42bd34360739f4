"""What is guarded in the scenarios of resilience, and the proof that a guard does its work.

What is called does nothing, and fails when it is told to: so a variant is timed on what goes well,
and then proves on what fails that it was not idle.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from bench import checks
from bench.checks import Check
from bench.clock import timed
from bench.loops import awaiting, calling
from bench.model import Variant, Workload, Yardstick

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

ATTEMPTS: Final = 3
NAME: Final = "search"
DURATION: Final = "ninefold.dependency.call.duration"
WRAPS: Final = Yardstick(variant="wraps", us=0.13)
"""What functools.wraps costs on the machine that the goals in microseconds were set on."""

TELEMETRY_ON: Final = {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}
"""Calls are counted for a reader in memory; nothing leaves the process."""

Decorator = Callable[[Any], Any]


class Broken(Exception):
    """The dependency is broken."""


failed: Final[list[bool]] = []
"""One entry for each call that failed."""


def work(broken: bool = False) -> None:
    """Do nothing: what is added is all there is."""
    if broken:
        failed.append(True)
        raise Broken


async def async_work(broken: bool = False) -> None:
    """Do nothing, and wait for nothing."""
    if broken:
        failed.append(True)
        raise Broken


def workload(guarded: Any, check: Check | None = None) -> Workload:
    """The calls of one function, async or not, in a loop."""
    run = (awaiting if inspect.iscoroutinefunction(guarded) else calling)(guarded)
    return Workload(measure=lambda operations: timed(run, operations), check=check)


def bare() -> Workload:
    """The function alone."""
    return workload(work)


def bare_async() -> Workload:
    """The async function alone, awaited in one task."""
    return workload(async_work)


def wraps() -> Workload:
    """A wrapper by functools.wraps: the least that a decorator can cost."""

    @functools.wraps(work)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return work(*args, **kwargs)

    return workload(wrapper)


def wraps_async() -> Workload:
    """As `wraps`, awaited."""

    @functools.wraps(async_work)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await async_work(*args, **kwargs)

    return workload(wrapper)


def metering() -> InMemoryMetricReader:
    """Ninefold set up as its users have it, and the reader of its metrics."""
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    import ninefold as nf

    reader = InMemoryMetricReader()
    nf.setup("bench", readers=[reader])
    return reader


def counts(reader: InMemoryMetricReader) -> Check:
    """A check that every call is in the metrics of ninefold."""
    return checks.expect("calls in the metrics", lambda: checks.recorded(reader, DURATION))


def retries(guarded: Any) -> Check:
    """A check that what fails is tried again."""

    def check(done: int) -> str | None:
        del done
        failed.clear()
        if outcome(guarded, broken=True) is None:
            return "hides what its function raised"
        return None if len(failed) > 1 else "does not try again"

    return check


def opens(guarded: Any) -> Check:
    """A check that enough failures open the breaker, and that it then rejects what would go well.

    As many failures are enough as there were calls before, of which a window may hold all.
    """

    def check(done: int) -> str | None:
        failed.clear()
        for _ in range(done + 1_000):
            raised = outcome(guarded, broken=True)
            if not isinstance(raised, Broken):
                break
        if not failed:
            return "calls nothing"
        if outcome(guarded) is None:
            return f"lets a call pass after {len(failed)} failures"
        return None

    return check


def outcome(guarded: Any, **arguments: bool) -> BaseException | None:
    """What a guarded call raises."""
    try:
        if inspect.iscoroutinefunction(guarded):
            asyncio.run(guarded(**arguments))
        else:
            guarded(**arguments)
    except Exception as error:  # noqa: BLE001 - every peer has exceptions of its own
        return error
    return None


def reference_variants() -> tuple[Variant, ...]:
    """The bare functions, the control, and functools.wraps around them."""
    return (
        Variant(name="bare", label="the function", build=bare, over=None),
        Variant(name="bare-async", label="the async function", build=bare_async, over=None),
        Variant(name="control", label="bare again (noise)", build=bare),
        Variant(name="wraps", label="functools.wraps", build=wraps),
        Variant(
            name="wraps-async", label="functools.wraps, async", build=wraps_async, over="bare-async"
        ),
    )


def variant(
    name: str,
    label: str,
    decorator: Callable[[], Decorator],
    proof: Callable[[Any], Check],
    *,
    ours: bool = False,
    is_async: bool = False,
) -> Variant:
    """A decorator around the function; its `proof` is asked of what it made.

    `ours` is measured with telemetry on, and every call must be in the metrics.
    """

    def build() -> Workload:
        reader = metering() if ours else None
        guarded = decorator()(async_work if is_async else work)
        check = proof(guarded)
        if reader is not None:
            check = checks.both(counts(reader), check)
        return workload(guarded, check)

    return Variant(
        name=f"{name}-async" if is_async else name,
        label=f"{label}, async" if is_async else label,
        build=build,
        over="bare-async" if is_async else "bare",
        claim="does its work",
        environment=TELEMETRY_ON if ours else {},
    )


def pair(
    name: str,
    label: str,
    decorator: Callable[[], Decorator],
    proof: Callable[[Any], Check],
    *,
    ours: bool = False,
) -> tuple[Variant, Variant]:
    """A decorator around the function, and around the async one."""
    return (
        variant(name, label, decorator, proof, ours=ours),
        variant(name, label, decorator, proof, ours=ours, is_async=True),
    )
