"""`import ninefold` beside the import of OpenTelemetry's API, each in a fresh interpreter.

The interpreter's own start is outside the measurement: it reports what the statement took. redis
and tornado are installed in this environment, as pybreaker imports both where it finds them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from typing import Final

from bench.model import Goal, Sample, Scenario, Variant, Workload

API: Final = "import opentelemetry.trace, opentelemetry.metrics"
OURS: Final = "import ninefold"
FORBIDDEN: Final = (
    "opentelemetry.sdk",
    "opentelemetry.exporter",
    "opentelemetry.instrumentation",
    "prometheus_client",
    "fastapi",
    "starlette",
    "flask",
    "werkzeug",
    "celery",
    "sqlalchemy",
    "redis",
    "tornado",
    "pybreaker",
    "yaml",
    "click",
    "rich",
)
"""SDK, exporters, frameworks, YAML and command line; pybreaker stands for redis and tornado."""

_PROGRAM: Final = """
import json, sys
from time import perf_counter_ns, process_time_ns
wall, cpu = perf_counter_ns(), process_time_ns()
{statement}
cpu, wall = process_time_ns() - cpu, perf_counter_ns() - wall
print(json.dumps([cpu, wall, sorted(sys.modules)]))
"""


def importing(statement: str, *, lean: bool = False) -> Workload:
    """Time `statement`; `lean`: it must load nothing of `FORBIDDEN`."""
    loaded: set[str] = set()

    def once() -> Sample:
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM.format(statement=statement)],
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise ImportError(done.stderr.strip().splitlines()[-1])
        cpu, wall, modules = json.loads(done.stdout)
        loaded.update(modules)
        return Sample(cpu, wall)

    def measure(operations: int) -> Sample:
        samples = [once() for _ in range(operations)]
        return Sample(sum(s.cpu_ns for s in samples), sum(s.wall_ns for s in samples))

    def check(done: int) -> str | None:
        found = [
            name
            for name in FORBIDDEN
            if any(module == name or module.startswith(f"{name}.") for module in loaded)
        ]
        return f"loads {', '.join(found)}" if found else None

    once()  # writes the byte code, and fails here where the module is missing
    return Workload(measure=measure, check=check if lean else None)


SCENARIO = Scenario(
    name="import",
    title="Import in a fresh interpreter, redis and tornado installed",
    operation="import",
    operations=1,
    warm_up=0,
    variants=(
        Variant(name="api", label=API, build=partial(importing, API), over=None),
        Variant(
            name="control",
            label="the same again (noise)",
            build=partial(importing, API),
            over="api",
        ),
        Variant(
            name="ninefold",
            label=OURS,
            build=partial(importing, OURS, lean=True),
            over=None,
            claim="loads no SDK, exporter, framework, YAML or command line",
        ),
        Variant(
            name="setup",
            label="from ninefold import setup",
            build=partial(importing, "from ninefold import setup"),
            over=None,
        ),
    ),
    goals=(
        Goal(of="ninefold", against="api", at_most=1.2),
        Goal(of="setup", against="api", at_most=None),
    ),
)
