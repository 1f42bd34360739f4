"""The parent's end of a worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from bench.model import Sample, Scenario, Variant

_HERE: Final = Path(__file__).parent
_CONFIGURED: Final = ("OTEL_", "NINEFOLD_", "FASTAPI_", "PROMETHEUS_")


class Worker:
    """A variant in a process of its own, or the reason why there is none.

    Global providers can be set once per process, and one variant's imports change another's: that
    is why they never share one. `seed` orders hashes alike in all variants of a series.
    """

    def __init__(self, scenario: Scenario, variant: Variant, seed: int) -> None:
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.worker", scenario.name, variant.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=_HERE.parent,
            env=_environment(variant, seed),
        )
        first = self._read()
        self.unavailable: str | None = first.get("unavailable")

    def measure(self, warm_up: int, operations: int) -> Sample:
        """Perform the operations and say what they cost, without the warm-up."""
        answer = self._ask(f"{warm_up} {operations}")
        return Sample(answer["cpu_ns"], answer["wall_ns"])

    def end(self) -> str | None:
        """End the process; what its check found wrong, or None."""
        fault: str | None = self._ask("end")["fault"]
        self.close()
        return fault

    def close(self) -> None:
        """End the process whatever it is doing."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _ask(self, order: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        print(order, file=self._process.stdin, flush=True)
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._log.seek(0)
            raise RuntimeError(f"the worker died:\n{self._log.read()[-4000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _environment(variant: Variant, seed: int) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(_CONFIGURED)
    }
    path = [str(_HERE / "entry_points"), inherited.get("PYTHONPATH", "")]
    return {
        **inherited,
        **variant.environment,
        "PYTHONHASHSEED": str(seed),
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
    }
