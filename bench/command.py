"""The command line: measures, prints, writes JSON. It exits 0 whatever the figures are."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.machine import describe
from bench.measure import Measured, measure
from bench.model import Scenario
from bench.report import render
from bench.result import Result, conclude

_RESULTS: Final = Path(__file__).parent / "results"


def run(
    arguments: list[str], *, module: str, scenarios: tuple[Scenario, ...], results: str
) -> None:
    """Measure the scenarios that the arguments choose; `results` names the file of figures."""
    options = _parse(arguments, module, scenarios, _RESULTS / results)
    machine = describe()
    print(
        f"{machine['cpu']}, {machine['cores']} cores, {machine['python']}, load {machine['load']}"
    )
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine,
        "rounds": options.rounds,
        "series": options.series,
        "quick": options.quick,
        "scenarios": [],
    }
    for scenario in scenarios:
        if options.scenario and scenario.name not in options.scenario:
            continue
        measured = measure(
            scenario,
            rounds=options.rounds,
            series=options.series,
            operations=max(1, scenario.operations // 10) if options.quick else scenario.operations,
            tell=lambda text: print(text, file=sys.stderr),
        )
        result = conclude(scenario, measured)
        print(f"\n{render(result)}", flush=True)
        document["scenarios"].append(_document(result, measured))
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(document, indent=1) + "\n")
    print(f"\nwritten to {options.json}")


def _parse(
    arguments: list[str], module: str, scenarios: tuple[Scenario, ...], results: Path
) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=__doc__)
    parser.add_argument(
        "--scenario",
        action="append",
        choices=[scenario.name for scenario in scenarios],
        help="measure this one alone; may be repeated (default: all)",
    )
    parser.add_argument("--rounds", type=int, default=200, help="rounds in all (default: 200)")
    parser.add_argument(
        "--series", type=int, default=4, help="series of fresh processes (default: 4)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="2 short rounds: tells that it works, not how fast"
    )
    parser.add_argument(
        "--json", type=Path, default=results, help="where to write (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    if options.rounds < options.series or options.series < 1:
        parser.error(
            f"--rounds must be >= --series >= 1, got {options.rounds} and {options.series}"
        )
    if options.quick:
        options.rounds, options.series = 2, 1
    return options


def _document(result: Result, measured: dict[str, Measured]) -> dict[str, object]:
    document = asdict(result)
    document["samples_us"] = {
        name: [round(cost, 3) for cost in found.us()] for name, found in measured.items()
    }
    return document
