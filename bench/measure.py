"""Measures a scenario: its variants take turns, round by round, in several series of processes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from bench.model import Sample, Scenario
from bench.process import Worker


@dataclass(slots=True)
class Measured:
    """What became of one variant: a sample per round, or why there is none.

    `faults` are what its check found wrong; samples are kept then, and shown with the fault.
    """

    samples: list[Sample] = field(default_factory=list)
    operations: int = 0
    clock: Literal["cpu", "elapsed"] = "cpu"
    unavailable: str | None = None
    faults: list[str] = field(default_factory=list)

    def us(self) -> list[float]:
        """The time that counts, per operation in microseconds, round by round."""
        elapsed = self.clock == "elapsed"
        spent = (sample.wall_ns if elapsed else sample.cpu_ns for sample in self.samples)
        return [nanoseconds / self.operations / 1000 for nanoseconds in spent]


def measure(
    scenario: Scenario,
    *,
    rounds: int,
    series: int,
    operations: int,
    tell: Callable[[str], None],
) -> dict[str, Measured]:
    """Measure every variant `rounds` times, spread over `series` series of fresh processes.

    In each round every variant has its turn before the next round begins, so that a slow minute of
    the machine falls on all of them; the order moves on by one each round. Series differ in their
    hash seeds and memory layouts, which alone can shift a request by a microsecond.
    """
    found = {
        variant.name: Measured(operations=operations, clock=scenario.clock)
        for variant in scenario.variants
    }
    for number in range(series):
        tell(f"{scenario.name}: series {number + 1} of {series}")
        share = rounds // series + (1 if number < rounds % series else 0)
        workers: dict[str, Worker] = {}
        try:
            for variant in scenario.variants:
                if found[variant.name].unavailable is None:
                    worker = workers[variant.name] = Worker(scenario, variant, seed=number + 1)
                    if worker.unavailable is not None:
                        found[variant.name].unavailable = worker.unavailable
                        workers.pop(variant.name).close()
            names = list(workers)
            for round_ in range(share):
                turn = round_ % len(names) if names else 0
                for name in names[turn:] + names[:turn]:
                    sample = workers[name].measure(scenario.warm_up, operations)
                    found[name].samples.append(sample)
            for name in names:
                fault = workers.pop(name).end()
                if fault is not None and fault not in found[name].faults:
                    found[name].faults.append(fault)
        finally:
            for worker in workers.values():
                worker.close()
    return found
