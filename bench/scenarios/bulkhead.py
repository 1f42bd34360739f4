"""Many coroutines at once through one bulkhead: what one costs must not grow with their number."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from bench.clock import timed
from bench.guarded import NAME, TELEMETRY_ON, counts, metering
from bench.model import Goal, Scenario, Variant, Workload

LIMIT: Final = 50
LONG: Final = 600.0
FEW, MANY = 1_000, 10_000

Guarded = Callable[[], Awaitable[None]]
Bulkhead = Callable[[Callable[[], Awaitable[None]]], Guarded]


class Crowd:
    """Coroutines that are all there at once, `size` at a time, and how many were ever inside."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._inside = 0
        self.most = 0

    async def step(self) -> None:
        """Hold the place for one turn of the loop."""
        self._inside += 1
        self.most = max(self.most, self._inside)
        await asyncio.sleep(0)
        self._inside -= 1

    def workload(self, bulkhead: Callable[[], Bulkhead] | None, *, ours: bool = False) -> Workload:
        """The crowd through a bulkhead, if there is one."""
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        counted = counts(metering()) if ours else None
        guarded = self.step if bulkhead is None else bulkhead()(self.step)

        async def all_at_once(number: int) -> None:
            await asyncio.gather(*(guarded() for _ in range(number)))

        def run(operations: int) -> None:
            for start in range(0, operations, self._size):
                loop.run_until_complete(all_at_once(min(self._size, operations - start)))

        def check(done: int) -> str | None:
            if self.most > LIMIT:
                return f"let {self.most} in at once"
            return None if counted is None else counted(done)

        return Workload(
            measure=lambda operations: timed(run, operations),
            check=None if bulkhead is None else check,
        )


def ninefold() -> Bulkhead:
    """A policy with a bulkhead alone."""
    import ninefold as nf

    return nf.Policy(NAME, bulkhead=nf.Bulkhead(LIMIT, wait=LONG))


def semaphore() -> Bulkhead:
    """Asyncio's semaphore: the least that there is."""
    places = asyncio.Semaphore(LIMIT)

    def decorate(fn: Callable[[], Awaitable[None]]) -> Guarded:
        async def guarded() -> None:
            async with places:
                await fn()

        return guarded

    return decorate


def hyx() -> Any:
    """Hyx' bulkhead, whose queue has no limit of time."""
    from hyx.bulkhead import bulkhead

    return bulkhead(max_concurrency=LIMIT, max_capacity=2 * MANY)


def interlock() -> Any:
    """Interlock's pipeline of a bulkhead alone."""
    from interlock import BulkheadStrategy, Pipeline

    return Pipeline(BulkheadStrategy(LIMIT, max_wait=LONG))


def pyresilience() -> Any:
    """Pyresilience with a bulkhead alone."""
    from pyresilience import BulkheadConfig, resilient

    return resilient(bulkhead=BulkheadConfig(max_concurrent=LIMIT, max_wait=LONG))


def _build(size: int, bulkhead: Callable[[], Bulkhead] | None, ours: bool) -> Workload:
    return Crowd(size).workload(bulkhead, ours=ours)


def _sizes(
    name: str, label: str, bulkhead: Callable[[], Bulkhead] | None, *, ours: bool = False
) -> tuple[Variant, ...]:
    bare = bulkhead is None
    return tuple(
        Variant(
            name=f"{name}-{size}",
            label=f"{label}, {size:,}",
            build=partial(_build, size, bulkhead, ours),
            over=None if bare else f"bare-{size}",
            claim="" if bare else f"lets {LIMIT} in at once" + (", and counts all" if ours else ""),
            environment=TELEMETRY_ON if ours else {},
        )
        for size in (FEW, MANY)
    )


PEERS = ("semaphore", "hyx", "interlock", "pyresilience")

SCENARIO = Scenario(
    name="bulkhead",
    title=f"Coroutines at once through one bulkhead of {LIMIT}, by their number",
    operation="coroutine",
    operations=MANY,
    warm_up=FEW,
    variants=(
        *_sizes("bare", "without a bulkhead", None),
        Variant(
            name="control",
            label=f"the same again, {FEW:,} (noise)",
            build=partial(_build, FEW, None, False),
            over=f"bare-{FEW}",
        ),
        *_sizes("ninefold", "ninefold", ninefold, ours=True),
        *_sizes("semaphore", "asyncio.Semaphore", semaphore),
        *_sizes("hyx", "hyx", hyx),
        *_sizes("interlock", "interlock", interlock),
        *_sizes("pyresilience", "pyresilience", pyresilience),
    ),
    goals=(
        Goal(of=f"ninefold-{MANY}", against=f"ninefold-{FEW}", at_most=1.5),
        *(Goal(of=f"{peer}-{MANY}", against=f"{peer}-{FEW}", at_most=None) for peer in PEERS),
        *(Goal(of=f"ninefold-{MANY}", against=f"{peer}-{MANY}", at_most=None) for peer in PEERS),
    ),
)
