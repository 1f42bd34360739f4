"""`python -m bench.health`: what an orchestrator is told, by ninefold and its peers, in a fault.

It exits 0 whatever the figures are: a clock on a shared machine is no test.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.health.burst import QUIET, burst
from bench.health.goals import judge
from bench.health.report import NOTES, label, render_bursts, render_goals, render_lag, render_row
from bench.health.rows import ROWS, Plan
from bench.health.timeline import Observed, observe
from bench.machine import describe

LATEST: Final = Path(__file__).parents[1] / "results" / "health.json"
QUICK: Final = Plan(before=3.0, lasting=16.0, after=16.0, cycles=1)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.health", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="one short fault: tells that it works, no more"
    )
    parser.add_argument(
        "--row",
        action="append",
        choices=[row.name for row in ROWS],
        help="this one alone, without bursts; may be repeated (default: all)",
    )
    parser.add_argument(
        "--json", type=Path, default=LATEST, help="where to write (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    plan = QUICK if options.quick else Plan()
    rows = [row for row in ROWS if not options.row or row.name in options.row]
    machine = describe()
    print(
        f"{machine['cpu']}, {machine['cores']} cores, {machine['python']}, load {machine['load']}"
    )

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as folder:
        observed, lag = asyncio.run(observe(plan, Path(folder), tell, rows))
        bursts = []
        if not options.row:
            rounds, quiet = (1, 1.0) if options.quick else (2, QUIET)
            bursts = asyncio.run(burst(rounds, Path(folder), tell, quiet))
    for each in observed:
        print(f"\n{render_row(each)}")
    if bursts:
        print(f"\n{render_bursts(bursts)}")
    outcomes = judge(observed, bursts)
    print(f"\n{render_goals(outcomes)}")
    print(f"{NOTES}\n{render_lag(lag)}")
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine,
        "plan": asdict(plan),
        "quick": options.quick,
        "lag": asdict(lag),
        "rows": [_document(each) for each in observed],
        "bursts": [asdict(each) for each in bursts],
        "goals": [asdict(each) for each in outcomes],
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document, indent=1) + "\n")
    print(f"\nwritten to {options.json}")


def _document(observed: Observed) -> dict[str, object]:
    row = observed.row
    return {
        "name": row.name,
        "title": row.title,
        "wanted": "not ready" if row.hurts else "ready",
        "figures": {label(*who): asdict(found) for who, found in observed.figures.items()},
        "unavailable": observed.unavailable,
        "faults": observed.faults,
        "probes": {
            label(*who): [[round(p.at, 3), round(p.took, 4), p.status] for p in probes]
            for who, probes in observed.probes.items()
        },
    }


if __name__ == "__main__":
    main(sys.argv[1:])
