"""Forks under fire: no child hangs on a lock that it inherited, and every sum is exact."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.support.process import ROOT, clean_environment

if TYPE_CHECKING:
    from tests.support.figures import Figure

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="by design: this platform does not fork"
)


def test_children_forked_while_threads_record_and_a_reader_collects(
    figure: Figure, every_fault: bool
) -> None:
    """Each begins at zero and counts its own, exactly; the parent misses none of its own."""
    forks = 10_000 if every_fault else 300
    done = subprocess.run(
        # Warnings off: since 3.12 Python warns of every fork beside threads, which is the fault.
        [sys.executable, "-W", "ignore", "-m", "tests.faults.apps.forks", str(forks)],
        cwd=ROOT,
        env=clean_environment({"NINEFOLD_PROCESS_METRICS": "false"}),
        capture_output=True,
        text=True,
        timeout=1_500,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    seen = json.loads(done.stdout)
    figure(
        f"{forks:,} forks while 4 threads record and a reader collects",
        "0 hung children, sums exact",
        f"{seen['hung']} hung, {seen['failed']} failed, {seen['right']:,} of {forks:,} children"
        f" exact, parent {'exact' if seen['parent'] else 'wrong'} after {seen['runs']:,} records"
        f" ({seen['seconds']:.0f} s)",
    )
    assert (seen["hung"], seen["failed"], seen["wrong"]) == (0, 0, [])
    assert seen["right"] == forks
    assert seen["parent"], seen["told"]
    # Threads did record meanwhile, or there was nothing to inherit.
    assert seen["runs"] > forks
