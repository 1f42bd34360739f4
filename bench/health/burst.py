"""A burst: 200 probes at once, while the dependency is well and takes 50 ms."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.health.figures import latencies
from bench.health.prober import Probe, probe
from bench.health.rows import Fault, Row
from bench.health.serve import SERVERS
from bench.health.subject import Subject
from bench.health.timeline import Tell, start

AT_ONCE: Final = 200
DELAY: Final = 0.05
"""Seconds that the dependency takes."""

QUIET: Final = 30.0
"""Seconds without a probe before a cold burst: longer than a peer's cache lives."""

SETTLE: Final = 3.0
"""Seconds between bursts, for what they left behind."""

_ROW: Final = Row(name="burst", title="200 probes at once", fault=Fault.NONE, hurts=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """One burst at one door. Nobody had asked for a while before a cold one.

    `refused` probes got an answer that is not ready, `unanswered` none within a second; `calls` is
    what the dependency counted meanwhile.
    """

    library: str
    door: str
    cold: bool
    refused: int
    unanswered: int
    p50_ms: float
    p99_ms: float
    calls: int


async def burst(rounds: int, folder: Path, tell: Tell, quiet: float = QUIET) -> list[Burst]:
    """Burst at each door, cold and then warm, in turns; who cannot be had is left out."""
    subjects = [Subject(library, _ROW, folder) for library in SERVERS]
    found: list[Burst] = []
    async with AsyncExitStack() as stack:
        for subject in subjects:
            stack.callback(subject.close)
        missing = await start(subjects)
        up = [subject for subject in subjects if subject not in missing]
        for subject in up:
            subject.dependency.delay = DELAY
        doors = [(subject, door) for subject in up for door in subject.doors]
        asked = dict.fromkeys(doors, time.monotonic())
        for number in range(rounds):
            tell(f"burst {number + 1} of {rounds} at {len(doors)} doors")
            turn = number % len(doors) if doors else 0
            for subject, door in doors[turn:] + doors[:turn]:
                await asyncio.sleep(asked[subject, door] + quiet - time.monotonic())
                for cold in (True, False):
                    found.append(await _one(subject, door, cold))
                    asked[subject, door] = time.monotonic()
                    await asyncio.sleep(SETTLE)
    return found


async def _one(subject: Subject, door: str, cold: bool) -> Burst:
    port, path = subject.doors[door]
    before = subject.dependency.calls
    began = time.monotonic()
    probes: Sequence[Probe] = await asyncio.gather(
        *(probe(port, path, began) for _ in range(AT_ONCE))
    )
    p50, p99 = latencies(probes)
    return Burst(
        library=subject.library,
        door=door,
        cold=cold,
        refused=sum(each.status is not None and not each.is_ready for each in probes),
        unanswered=sum(each.status is None for each in probes),
        p50_ms=p50,
        p99_ms=p99,
        calls=subject.dependency.calls - before,
    )
