"""A child interpreter that runs a few lines: for what a process can do only once."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

from tests.support.process import ROOT, clean_environment


def run(code: str, *, env: Mapping[str, str] | None = None, status: int = 0) -> str:
    """Run `code` in a clean environment; what it printed. It must end with `status`."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        env=clean_environment({"PYTHONPATH": str(Path(ROOT, "src")), **(env or {})}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == status, f"ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout
