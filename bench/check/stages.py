"""`python -m bench.check.stages PATH`: the CPU time of each stage of one check, as JSON.

It is a process of its own, as what is imported first takes the time of all that it imports.
"""

from __future__ import annotations

import time

BEGUN = time.process_time()

import ast  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence  # noqa: E402
from statistics import median  # noqa: E402
from typing import Any  # noqa: E402

STAGES = {
    "start": "the interpreter's start",
    "import": "importing the checker and its rules",
    "walk": "finding the files",
    "read": "reading them",
    "look": "looking through their bytes for metrics, suppressions and uses",
    "parse": "`ast.parse` of those that declare or record",
    "find": "finding what these declare and record",
    "judge": "the rules",
    "tell": "the report, and all else",
}


class Stages:
    """Takes the time of functions, less that of those within that are timed too."""

    def __init__(self) -> None:
        self.took = dict.fromkeys(STAGES, 0.0)
        self._within: list[float] = []

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time added to a stage."""

        def run(*given: Any, **named: Any) -> Any:
            begun = time.process_time()
            self._within.append(0.0)
            try:
                return function(*given, **named)
            finally:
                took = time.process_time() - begun
                self.took[stage] += took - self._within.pop()
                if self._within:
                    self._within[-1] += took

        return run

    def time(self, stage: str, owner: object, name: str) -> None:
        """Put the timed function in the place of the plain one."""
        setattr(owner, name, self.timed(stage, getattr(owner, name)))


def measure(path: str) -> dict[str, float]:
    """Check `path` cold in this process; seconds by stage."""
    stages = Stages()
    stages.took["start"] = BEGUN
    begun = time.process_time()
    from ninefold.cli import _check as command
    from ninefold.conformance import _check, source
    from ninefold.conformance.rules import every_rule
    from ninefold.conformance.source import _read, _run
    from ninefold.conformance.source._reader import Reader

    every_rule()
    stages.took["import"] = time.process_time() - begun
    stages.time("parse", ast, "parse")
    stages.time("read", _read.Files, "take")
    stages.time("look", _read, "may_declare")
    stages.time("look", _read, "may_suppress")
    stages.time("look", _read.Files, "near")
    stages.time("look", _run.Records, "may")
    stages.time("look", _run.Records, "near")
    stages.time("look", _run.Calls, "near")
    for name in ("declares", "calls", "uses_in", "wrappers", "names", "finish"):
        stages.time("find", Reader, name)
    stages.time("judge", _check, "run")
    walk = source.python_files

    def walked(paths: Iterable[str]) -> Iterator[str]:
        following = stages.timed("walk", walk(paths).__next__)
        while True:
            try:
                yield following()
            except StopIteration:
                return

    source.python_files = walked  # type: ignore[attr-defined]  # the package hands it on
    stages.timed("tell", command.main)([path, "--no-cache", "--format=concise"])
    return stages.took


def shares(path: str, rounds: int) -> Mapping[str, float]:
    """The median seconds of each stage over so many processes."""
    taken: list[dict[str, float]] = []
    for _ in range(rounds):
        done = subprocess.run(
            [sys.executable, "-m", "bench.check.stages", path],
            env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
            capture_output=True,
            text=True,
            check=True,
        )
        taken.append(json.loads(done.stderr.splitlines()[-1]))
    return {stage: median(each[stage] for each in taken) for stage in STAGES}


def table(took: Mapping[str, float]) -> Sequence[str]:
    """The stages with their shares, the longest first."""
    whole = sum(took.values())
    ordered = sorted(took.items(), key=lambda each: -each[1])
    return [f"  {seconds / whole:6.1%}  {STAGES[stage]}" for stage, seconds in ordered]


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])), file=sys.stderr)
