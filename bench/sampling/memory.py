"""`python -m bench.sampling.memory`: what spans that wait take, under more load than fits.

A process for each library keeps many traces open at once, and adds spans with eight attributes to
one after the other, without any error: nothing can be let go before its trace has ended. Read are
the resident size, and the buffer's own account; what was given up is counted. logfire has no bound,
so its process is stopped where it has grown by twelve times the other's.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, Final

from bench.machine import describe
from bench.sampling import tails
from bench.sampling.rules import ATTRIBUTES

RESULTS: Final = Path(__file__).parents[1] / "results" / "sampling-memory.json"
MAX_MB: Final = 32.0
_STOP_MB: Final = 12 * MAX_MB
_OPEN: Final = 500
"""Traces that are open at once; each is closed after `_LIFE` spans and another begins."""
_LIFE: Final = 400
_PACE: Final = 0.01
"""Seconds between looks at the clock."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a process came to."""

    library: str
    seconds: float
    spans: int
    rate: float
    grown_mb: float
    """The resident size above that before the first span, at its highest."""
    held_mb: float | None
    """The most that the buffer said it held."""
    lost: int
    stopped: bool


def load(library: str, seconds: float, rate: float) -> Reading:
    """Make spans at the rate, or as fast as it goes."""
    from opentelemetry.context import Context
    from opentelemetry.trace import SpanKind, set_span_in_context

    tail = tails.ninefold(MAX_MB) if library == "ninefold" else tails.logfire()
    start = tail.provider.get_tracer("bench").start_span

    def begun() -> tuple[Any, Context]:
        root = start("GET", Context(), SpanKind.SERVER, ATTRIBUTES)
        return root, set_span_in_context(root, Context())

    # What is made once is there before: the queue, and the modules that are loaded late.
    warm, context = begun()
    start("query", context, SpanKind.CLIENT, ATTRIBUTES).end()
    warm.end()
    opened = [begun() for _ in range(_OPEN)]
    before = _resident()
    highest, most, spans, stopped = before, tail.held(), 0, False
    began = now = perf_counter()
    while now - began < seconds and not stopped:
        for _ in range(min(1_000, max(0, int((now - began + _PACE) * rate) - spans))):
            place = spans % _OPEN
            _, context = opened[place]
            start("query", context, SpanKind.CLIENT, ATTRIBUTES).end()
            spans += 1
            # At different times, as traces end.
            if spans // _OPEN % _LIFE == place % _LIFE:
                opened[place][0].end()
                opened[place] = begun()
        highest = max(highest, _resident())
        held = tail.held()
        most = None if held is None or most is None else max(most, held)
        stopped = highest - before > _STOP_MB * 1e6
        now = perf_counter()
        if spans >= (now - began) * rate:
            sleep(_PACE)
    return Reading(
        library,
        round(now - began, 1),
        spans,
        round(spans / (now - began)),
        round((highest - before) / 1e6, 1),
        None if most is None else round(most / 1e6, 1),
        tail.lost(),
        stopped,
    )


def _resident() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        # Elsewhere its highest, in bytes on macOS.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return pages * resource.getpagesize()


def main(arguments: list[str]) -> None:
    """Read both libraries, one after the other, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.sampling.memory", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of load (default: 60)")
    parser.add_argument("--rate", type=float, default=20_000, help="spans a second wanted")
    parser.add_argument("--json", type=Path, default=RESULTS)
    parser.add_argument("--library", choices=["ninefold", "logfire"], help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.library:
        print(json.dumps(asdict(load(options.library, options.seconds, options.rate))))
        return
    machine = describe()
    print(f"{machine['cpu']}, {machine['python']}, load {machine['load']}")
    readings: list[dict[str, Any]] = []
    for library in ("ninefold", "logfire"):
        ran = subprocess.run(
            [
                *(sys.executable, "-m", "bench.sampling.memory", "--library", library),
                *("--seconds", str(options.seconds), "--rate", str(options.rate)),
            ],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if ran.returncode:
            print(f"  not measured    {library}: the process ended with {ran.returncode}")
            continue
        found = json.loads(ran.stdout.splitlines()[-1])
        readings.append(found)
        account = "" if found["held_mb"] is None else f", {found['held_mb']} MB by its own account"
        print(
            f"  {library:<10}{found['rate']:>8} spans/s for {found['seconds']} s: grew by"
            f" {found['grown_mb']} MB{account}; {found['lost']} spans given up"
            + ("; stopped there, it has no bound" if found["stopped"] else "")
        )
        if library == "ninefold":
            met = found["held_mb"] <= MAX_MB and found["grown_mb"] <= MAX_MB
            print(f"  {'met' if met else 'missed':<16}within {MAX_MB:g} MB, by either")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({"machine": machine, "readings": readings}, indent=1) + "\n")
    print(f"written to {options.json}")


if __name__ == "__main__":
    main(sys.argv[1:])
