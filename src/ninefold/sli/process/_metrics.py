"""The process metrics of the conventions: read when a reader collects, and costing nothing else."""

from __future__ import annotations

import gc
import os
import sys
import threading
from typing import TYPE_CHECKING, Literal

from ninefold.registry import (
    CPYTHON_GC_COLLECTED_OBJECTS,
    CPYTHON_GC_COLLECTIONS,
    CPYTHON_GC_UNCOLLECTABLE_OBJECTS,
    PROCESS_CPU_TIME,
    PROCESS_MEMORY_USAGE,
    PROCESS_THREAD_COUNT,
)
from ninefold.sli.process import _stat
from ninefold.telemetry import restart_after_fork

if TYPE_CHECKING:
    from ninefold.telemetry import Observation, Telemetry

Figure = Literal["collections", "collected", "uncollectable"]


def observe_process(telemetry: Telemetry) -> None:
    """Have CPU time, memory, threads and the garbage collector told, unless settings say no.

    Memory only on Linux: elsewhere Python cannot read it without another package. Elsewhere threads
    are those that Python knows. The collector's figures are CPython's.
    """
    if telemetry.disabled or not telemetry.settings.process_metrics:
        return
    telemetry.observe(PROCESS_CPU_TIME, _cpu_time)
    telemetry.observe(PROCESS_THREAD_COUNT, _threads)
    if _stat.read() is not None:
        telemetry.observe(PROCESS_MEMORY_USAGE, _memory)
    # PyPy has a `gc.get_stats` as well, which answers something else.
    if sys.implementation.name == "cpython":
        collector = Collector()
        restart_after_fork(collector)
        telemetry.observe(CPYTHON_GC_COLLECTIONS, collector.collections)
        telemetry.observe(CPYTHON_GC_COLLECTED_OBJECTS, collector.collected)
        telemetry.observe(CPYTHON_GC_UNCOLLECTABLE_OBJECTS, collector.uncollectable)


def _cpu_time() -> list[Observation]:
    # Of /proc/self/stat this would be the same figure, in ticks; here it is told everywhere.
    times = os.times()
    return [(times.user, ("user",)), (times.system, ("system",))]


def _threads() -> list[Observation]:
    stat = _stat.read()
    return [(threading.active_count() if stat is None else stat.threads, ())]


def _memory() -> list[Observation]:
    stat = _stat.read()
    return [] if stat is None else [(stat.pages * _stat.page_size(), ())]


class Collector:
    """The garbage collector's totals, by generation, since this process began.

    A forked child inherits the interpreter's counts with its memory, and shows only its own.
    """

    def __init__(self) -> None:
        self._inherited: list[dict[str, int]] = []

    def restart(self) -> None:
        """Begin at zero, as a forked child must."""
        self._inherited = gc.get_stats()

    def collections(self) -> list[Observation]:
        """How often each generation was collected."""
        return self._since("collections")

    def collected(self) -> list[Observation]:
        """How many objects each generation's collections freed."""
        return self._since("collected")

    def uncollectable(self) -> list[Observation]:
        """How many objects each generation's collections could not free."""
        return self._since("uncollectable")

    def _since(self, figure: Figure) -> list[Observation]:
        before = self._inherited
        return [
            (now[figure] - (before[generation][figure] if before else 0), (generation,))
            for generation, now in enumerate(gc.get_stats())
        ]
