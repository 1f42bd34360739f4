"""The real defaults of Runtime: what moves, what waits, what repeats."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import random
import subprocess
import sys
import threading

import pytest

from ninefold.core import Runtime


def test_a_runtime_cannot_be_changed_and_takes_keywords_alone() -> None:
    """One Runtime may be shared by everything, since nobody can alter it."""
    runtime = Runtime()
    with pytest.raises(dataclasses.FrozenInstanceError):
        runtime.clock = lambda: 0.0  # type: ignore[misc]  # the misuse that is tested
    with pytest.raises(TypeError):
        Runtime(lambda: 0.0)  # type: ignore[misc]  # the misuse that is tested


def test_the_default_clock_never_goes_back() -> None:
    """Differences of two readings are never negative."""
    clock = Runtime().clock
    readings = [clock() for _ in range(1000)]
    assert readings == sorted(readings)


def test_a_seeded_source_repeats_and_the_default_ignores_the_global_seed() -> None:
    """`random.Random(seed)` repeats; an application's own `random.seed` decides nothing here."""
    first, second = (Runtime(random=random.Random(7)).random.random() for _ in range(2))
    assert first == second
    state = random.getstate()
    try:
        random.seed(1)
        one = Runtime().random.getrandbits(64)
        random.seed(1)
        assert Runtime().random.getrandbits(64) != one
    finally:
        random.setstate(state)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="by design: this platform does not fork")
def test_forked_processes_draw_differently() -> None:
    """A Runtime made before a fork gives parent and child different numbers."""
    program = (
        "import os; from ninefold.core import Runtime\n"
        "draw = Runtime().random.getrandbits; draw(64)\n"
        "child = os.fork()\n"
        "os.write(1, b'%d\\n' % draw(64))\n"
        "child and os.waitpid(child, 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    drawn = done.stdout.split()
    assert len(drawn) == 2
    assert drawn[0] != drawn[1]


def test_the_default_async_sleep_gives_way_to_other_tasks() -> None:
    """Waiting suspends this task alone."""
    order: list[str] = []

    async def wait() -> None:
        await Runtime().async_sleep(0)
        order.append("waited")

    async def main() -> None:
        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        order.append("other")
        await task

    asyncio.run(main())
    assert order == ["other", "waited"]


def test_the_default_wait_ends_with_the_event() -> None:
    """An event that is set is told at once; one that is not, once the time is over."""
    event = threading.Event()
    assert Runtime().wait(event, 0) is False
    event.set()
    assert Runtime().wait(event, 60) is True


def test_the_default_timeout_abandons_its_block() -> None:
    """It is asyncio's: the block is cancelled, and who opened it sees TimeoutError."""

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with Runtime().timeout(0) as timeout:
                await asyncio.Event().wait()
        assert timeout.expired()

    asyncio.run(main())


def test_importing_the_core_loads_no_event_loop_and_nothing_slow() -> None:
    """`import ninefold.core` stays cheap: no asyncio, no difflib, no third party."""
    program = (
        "import sys, ninefold.core\n"
        "loaded = [m for m in ('asyncio', 'difflib', 'opentelemetry', 'msgspec') "
        "if m in sys.modules]\n"
        "sys.exit(', '.join(loaded) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
