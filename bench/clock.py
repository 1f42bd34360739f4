"""Times a batch of operations inside a worker."""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import perf_counter_ns, process_time_ns

from bench.model import Sample


def timed(run: Callable[[int], object], operations: int) -> Sample:
    """Run the operations once and say what they cost.

    Garbage of earlier rounds is collected before, and the collector stays on: what a variant
    allocates in a cycle is part of its price. CPU time is the whole process's, threads included.
    """
    gc.collect()
    wall, cpu = perf_counter_ns(), process_time_ns()
    run(operations)
    return Sample(process_time_ns() - cpu, perf_counter_ns() - wall)
