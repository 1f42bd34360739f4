"""`python -m bench.check`: what a check takes beside ruff, cold and with its cache."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from bench.check.stages import shares, table
from bench.check.tree import DECLARING, FILES, generate
from bench.check.turns import Contender, in_turns, medians, ratio
from bench.machine import describe

_RESULTS: Final = Path(__file__).parents[1] / "results" / "check.json"
_CACHE: Final = ".ninefold_cache"
_EVERY_FILE: Final = ("--no-respect-gitignore", "--config", "exclude = []")
"""Else ruff passes by what is installed, and an environment within a repository."""
_COLD_GOAL: Final = 1.0
_CACHED_GOAL: Final = 0.3


def main(arguments: Sequence[str]) -> None:
    """Measure, print and write; the exit code is 0 whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python -m bench.check", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="rounds for each tree (15)")
    parser.add_argument("--quick", action="store_true", help="2 rounds: tells that it works")
    parser.add_argument("--json", type=Path, default=_RESULTS, help="where the figures go")
    options = parser.parse_args(arguments)
    rounds = 2 if options.quick else options.rounds
    machine = describe()
    print(
        f"{machine['cpu']}, {machine['cores']} cores, {machine['python']}, load {machine['load']},"
        f" ruff {version('ruff')}; {rounds} rounds, medians"
    )
    document: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine | {"ruff": version("ruff")},
        "rounds": rounds,
        "trees": [],
    }
    with tempfile.TemporaryDirectory() as temporary:
        tree = Path(temporary, "tree")
        generate(tree)
        installed = sysconfig.get_path("purelib")
        for name, path in (
            (f"{FILES:,} files, {DECLARING} of which declare metrics", str(tree)),
            ("this environment's site-packages", installed),
        ):
            document["trees"].append(_measured(name, path, rounds, temporary))
        print(f"\nwhere a cold check of the {FILES:,} files spends its CPU time on")
        took = shares(str(tree), rounds)
        print("\n".join(table(took)))
        document["stages"] = dict(took)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document, indent=1) + "\n")
    print(f"\nwritten to {options.json}")


def _measured(name: str, path: str, rounds: int, folder: str) -> dict[str, Any]:
    scripts = Path(sysconfig.get_path("scripts"))
    check = [str(scripts / "ninefold"), "check", path, "--statistics"]
    ruff = [str(scripts / "ruff"), "check", "--isolated", "--no-cache", "--quiet", *_EVERY_FILE]
    _is_read(ruff, path)
    cache = Path(folder, _CACHE)
    contenders = (
        Contender("ruff", [*ruff, "--select", "E9,F", path]),
        Contender("cold", [*check, "--no-cache"]),
        Contender("first", check, lambda: shutil.rmtree(cache, ignore_errors=True)),
        Contender("cached", check),
        Contender("nothing", [*check[:2], str(cache), "--no-cache", "--statistics"]),
    )
    took = in_turns(contenders, rounds, folder)
    beside = ratio(took["cold"], took["ruff"])
    says = {
        "ruff": "ruff check --select E9,F --no-cache",
        "cold": "ninefold check --no-cache",
        "first": "ninefold check, the cache empty",
        "cached": "ninefold check, all in the cache",
        "nothing": "ninefold check of an empty folder",
    }
    files = sum(1 for _ in Path(path).rglob("*.py"))
    print(f"\n{name} ({files:,} files)\n\n{'':38}{'elapsed':>10}{'CPU':>10}")
    for key, text in says.items():
        each = medians(took[key])
        print(f"  {text:36}{each.wall:8.3f} s{each.cpu:8.3f} s")
    print(f"  cold by ruff in the same round: {beside.wall:.2f} elapsed, {beside.cpu:.2f} CPU")
    goals = [_goal("no slower than ruff, cold (CPU)", beside.cpu, _COLD_GOAL, "times")]
    goals.append(_goal("no slower than ruff, cold (elapsed)", beside.wall, _COLD_GOAL, "times"))
    if files == FILES:
        cached = medians(took["cached"])
        goals.append(_goal("cached (elapsed)", cached.wall, _CACHED_GOAL, "s"))
        goals.append(_goal("cached (CPU)", cached.cpu, _CACHED_GOAL, "s"))
    return {
        "name": name,
        "files": files,
        "medians": {key: asdict(medians(value)) for key, value in took.items()},
        "cold_by_ruff": asdict(beside),
        "runs": {key: [asdict(each) for each in value] for key, value in took.items()},
        "goals": goals,
    }


def _is_read(ruff: Sequence[str], path: str) -> None:
    """Raises `RuntimeError` where ruff would not read all that is compared."""
    listed = subprocess.run(
        [*ruff, "--show-files", path], capture_output=True, text=True, check=True
    )
    shown = sum(each.endswith(".py") for each in listed.stdout.splitlines())
    wanted = sum(1 for _ in Path(path).rglob("*.py"))
    if shown < 0.99 * wanted:
        raise RuntimeError(f"ruff reads {shown:,} of {wanted:,} files in {path}")


def _goal(name: str, figure: float, most: float, unit: str) -> dict[str, Any]:
    outcome = "met" if figure <= most else "missed"
    print(f"  {outcome}: {name}: {figure:.2f} {unit}, goal at most {most:g}")
    return {"name": name, "figure": figure, "goal": most, "unit": unit, "outcome": outcome}


if __name__ == "__main__":
    main(sys.argv[1:])
