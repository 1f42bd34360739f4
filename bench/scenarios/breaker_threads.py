"""Sixteen threads through one breaker, each of which waits 50 ms: nobody may wait for another."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from bench import checks
from bench import resilience_peers as peers
from bench.clock import timed
from bench.guarded import TELEMETRY_ON, Broken, Decorator, counts, failed, metering, opens
from bench.model import Goal, Scenario, Variant, Workload

THREADS: Final = 16
SECONDS: Final = 0.05


def waiting(broken: bool = False) -> None:
    """Wait, or fail at once."""
    if broken:
        failed.append(True)
        raise Broken
    time.sleep(SECONDS)


def bare() -> Workload:
    """The threads without a breaker."""
    return _threads(waiting)


def guarded(decorator: Callable[[], Decorator], *, ours: bool = False) -> Workload:
    """The threads through one breaker."""
    reader = metering() if ours else None
    made = decorator()(waiting)
    check = opens(made)
    if reader is not None:
        counted = counts(reader)
        check = checks.both(lambda done: counted((done + 1) * THREADS), check)
    return _threads(made, check)


def _threads(fn: Callable[[], None], check: checks.Check | None = None) -> Workload:
    pool = ThreadPoolExecutor(THREADS)

    def run(operations: int) -> None:
        for _ in range(operations):
            for done in [pool.submit(fn) for _ in range(THREADS)]:
                done.result()

    run(1)  # starts the threads
    return Workload(measure=lambda operations: timed(run, operations), check=check)


def _variant(name: str, label: str, decorator: Callable[[], Any], *, ours: bool = False) -> Variant:
    return Variant(
        name=name,
        label=label,
        build=partial(guarded, decorator, ours=ours),
        over=None,
        claim="does its work",
        environment=TELEMETRY_ON if ours else {},
    )


SCENARIO = Scenario(
    name="breaker-threads",
    title="16 threads through one breaker, around a wait of 50 ms",
    operation="turn",
    operations=1,
    warm_up=0,
    clock="elapsed",
    variants=(
        Variant(name="bare", label="without a breaker", build=bare, over=None),
        Variant(name="control", label="the same again (noise)", build=bare),
        _variant("ninefold", "ninefold", peers.ninefold_breaker, ours=True),
        _variant("pybreaker", "pybreaker", peers.pybreaker),
        _variant("interlock", "interlock", partial(peers.interlock_breaker, time=True)),
        _variant("pyresilience", "pyresilience", partial(peers.pyresilience, window=True)),
        _variant("aiobreaker", "aiobreaker", peers.aiobreaker),
        _variant("purgatory", "purgatory", partial(peers.purgatory, is_async=False)),
    ),
    goals=(
        Goal(of="ninefold", against="bare", at_most=1.1),
        *(
            Goal(of=peer, against="bare", at_most=None)
            for peer in ("pybreaker", "interlock", "pyresilience", "aiobreaker", "purgatory")
        ),
    ),
)
