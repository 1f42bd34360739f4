"""The table of figures that `nox -s faults` prints at the end.

A test that shows one of them says `figure(fault, goal, measured)` and asserts what is exact of it.
With `EVERY_FAULT=1` sizes are those of docs/explanation/faults.md; without, those of CI.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

Figure = Callable[[str, str, str], None]

_FIGURE = "ninefold-figure"
_NAMES = ("fault", "goal", "measured")


@pytest.fixture(scope="session")
def every_fault() -> bool:
    """Whether the sizes are those of the table, which take minutes."""
    return os.environ.get("EVERY_FAULT") == "1"


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """Tell what was measured of a fault, beside the goal; a later word on it replaces the former.

    Say it before the assertion, so that the table shows a miss.
    """
    told: list[tuple[str, object]] = request.node.user_properties

    def tell(fault: str, goal: str, measured: str) -> None:
        told[:] = [each for each in told if each[0] != _FIGURE or each[1][0] != fault]
        told.append((_FIGURE, [fault, goal, measured]))

    return tell


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table; and write it where `FAULTS_TABLE` says."""
    rows: list[tuple[str, str, str]] = []
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "teardown":
                for name, value in report.user_properties:
                    if name == _FIGURE and tuple(value) not in rows:
                        rows.append(tuple(value))
    if not rows:
        return
    table = [f"| {' | '.join(row)} |" for row in (_NAMES, ("---",) * 3, *sorted(rows))]
    terminalreporter.section("faults")
    for line in table:
        terminalreporter.write_line(line)
    target = os.environ.get("FAULTS_TABLE")
    if target:
        Path(target).write_text("\n".join(table) + "\n", encoding="utf-8")
