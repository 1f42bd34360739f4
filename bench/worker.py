"""The process of one variant: builds it, then measures when told to.

Started as `python -m bench.worker SCENARIO VARIANT`. It answers each line it reads with one line of
JSON: a number of operations with what they cost, `end` with the outcome of the check. Its first
line says that it is ready, or why the variant cannot be built here.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, TextIO

from bench import sampling, scenarios


def serve(scenario_name: str, variant_name: str, orders: TextIO, answers: TextIO) -> None:
    """Build the variant and obey the orders."""

    def answer(**fields: Any) -> None:
        print(json.dumps(fields), file=answers, flush=True)

    known = (*scenarios.SCENARIOS, *sampling.SCENARIOS)
    scenario = next(one for one in known if one.name == scenario_name)
    try:
        workload = scenario.variant(variant_name).build()
        if scenario.warm_up:
            workload.measure(scenario.warm_up)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other variants are measured
        answer(unavailable=f"{type(error).__name__}: {error}".splitlines()[0])
        return
    done = scenario.warm_up
    answer(ready=True)
    for line in orders:
        match line.split():
            case ["end"]:
                answer(fault=None if workload.check is None else workload.check(done))
                return
            case [warm_up, operations]:
                # Another process ran meanwhile: the caches are its own.
                if int(warm_up):
                    workload.measure(int(warm_up))
                sample = workload.measure(int(operations))
                done += int(warm_up) + int(operations)
                answer(cpu_ns=sample.cpu_ns, wall_ns=sample.wall_ns)


if __name__ == "__main__":
    # What the variant prints must not get between the answers.
    private = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(sys.argv[1], sys.argv[2], sys.stdin, private)
    private.flush()
    os._exit(0)  # exporters' shutdown is no part of any scenario
