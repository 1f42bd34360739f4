"""All rows of all libraries at once: start the servers, probe them, let the faults come and go."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.health.figures import Figures, conclude
from bench.health.prober import Probe, keep_probing
from bench.health.rows import PERIOD, ROWS, Fault, Plan, Row
from bench.health.serve import SERVERS
from bench.health.subject import Subject, Unavailable

AT_ONCE: Final = 3
"""Servers that start at the same time."""

Tell = Callable[[str], None]


@dataclass(slots=True)
class Observed:
    """One row: the figures by library and door, and why a library has none."""

    row: Row
    figures: dict[tuple[str, str], Figures] = field(default_factory=dict)
    probes: dict[tuple[str, str], list[Probe]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    unavailable: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lag:
    """How late the harness itself woke, in milliseconds: figures below that mean nothing."""

    p99_ms: float
    longest_ms: float


async def observe(
    plan: Plan, folder: Path, tell: Tell, rows: Sequence[Row] = ROWS
) -> tuple[list[Observed], Lag]:
    """Run the plan on every row and library."""
    subjects = [Subject(library, row, folder) for row in rows for library in SERVERS]
    observed = {row.name: Observed(row) for row in rows}
    async with AsyncExitStack() as stack:
        for subject in subjects:
            stack.callback(subject.close)
        tell(f"starting {len(subjects)} servers")
        missing = await start(subjects)
        for subject, reason in missing.items():
            observed[subject.row.name].unavailable[subject.library] = reason
        up = [subject for subject in subjects if subject not in missing]
        tell(f"{len(up)} are ready; {plan.end:g} s of probes, each second")
        lag = await _play(plan, up, observed)
    return [observed[row.name] for row in rows], lag


async def start(subjects: Sequence[Subject]) -> dict[Subject, str]:
    """Start them, a few at a time; why some cannot be had."""
    gate = asyncio.Semaphore(AT_ONCE)
    missing: dict[Subject, str] = {}

    async def one(subject: Subject) -> None:
        async with gate:
            try:
                await subject.start()
            except Unavailable as error:
                missing[subject] = str(error)

    async with asyncio.TaskGroup() as group:
        for subject in subjects:
            group.create_task(one(subject))
    return missing


async def _play(plan: Plan, up: Sequence[Subject], observed: dict[str, Observed]) -> Lag:
    began = time.monotonic() + 2 * PERIOD
    doors = [(subject, door) for subject in up for door in subject.doors]
    late: list[float] = []
    async with asyncio.TaskGroup() as group:
        for number, (subject, door) in enumerate(doors):
            port, path = subject.doors[door]
            found = observed[subject.row.name].probes.setdefault((subject.library, door), [])
            # Spread over the period; libraries of one row stand next to each other.
            offset = began + PERIOD * number / len(doors)
            group.create_task(_shifted(port, path, began, offset, plan.end, found))
        group.create_task(_let_fail(plan, up, began))
        group.create_task(_watch_lag(plan, began, late))
    for subject in up:
        _conclude(plan, subject, observed[subject.row.name], began)
    late.sort()
    return Lag(late[int(len(late) * 0.99)], late[-1])


async def _shifted(
    port: int, path: str, began: float, offset: float, end: float, found: list[Probe]
) -> None:
    """Probe from `offset` on, and tell times since `began`."""
    shift = offset - began
    mine: list[Probe] = []
    await keep_probing(port, path, offset, end - shift, mine)
    found += [Probe(probe.at + shift, probe.took, probe.status) for probe in mine]


async def _let_fail(plan: Plan, up: Sequence[Subject], began: float) -> None:
    for begins, ends in plan.faults():
        await asyncio.sleep(began + begins - time.monotonic())
        for subject in up:
            await subject.dependency.fail(subject.row.fault)
        await asyncio.sleep(began + ends - time.monotonic())
        for subject in up:
            await subject.dependency.fail(Fault.NONE)


async def _watch_lag(plan: Plan, began: float, late: list[float]) -> None:
    while time.monotonic() < began + plan.end:
        asleep = time.monotonic()
        await asyncio.sleep(0.05)
        late.append((time.monotonic() - asleep - 0.05) * 1000)


def _conclude(plan: Plan, subject: Subject, observed: Observed, began: float) -> None:
    noted = subject.calls()
    calls = [at - began for at in noted if 0 <= at - began < plan.end]
    before = sum(at < began for at in noted)
    counted = subject.dependency.calls - before
    if subject.row.fault is Fault.REFUSE:
        counted = len(calls)  # a port where nobody listens counts nothing
    elif abs(counted - len(calls)) > 1:
        observed.faults.append(
            f"{subject.library}: the dependency counted {counted} calls, the check {len(calls)}"
        )
    for (library, door), probes in observed.probes.items():
        if library == subject.library:
            figures = conclude(subject.row, plan, probes, calls, counted)
            observed.figures[library, door] = figures
