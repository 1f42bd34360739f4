"""What all tests share: skips that fail where the component should be present."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.figures import (  # noqa: F401 - fixtures and a hook are found by name
    every_fault,
    figure,
    pytest_terminal_summary,
)

# Shared machines stall: a slow example is no finding, and a failure is printed to be repeated.
settings.register_profile(
    "default", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
# `nox -s laws` tries every law at full length and at random. CI tries the same few each time: what
# fails there fails for the change at hand. Tests that name a number keep theirs.
settings.register_profile(
    "few", settings.get_profile("default"), max_examples=25, derandomize=True, database=None
)
settings.load_profile("few" if os.environ.get("FEW_EXAMPLES") == "1" else "default")

BY_DESIGN = "by design:"


@pytest.fixture(autouse=True)
def _every_trace_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rate limits what a test looks at, here and in what it starts; see `limited`."""
    monkeypatch.setenv("NINEFOLD_SAMPLING_TARGET_PER_S", "inf")


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of the rate: it is what code and files say, or the default, as for users."""
    monkeypatch.delenv("NINEFOLD_SAMPLING_TARGET_PER_S")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave alone what is no test: looking for doctests would import applications that set up."""
    if collection_path.suffix == ".py" and not collection_path.name.startswith("test_"):
        return True
    return None


def _fail_if_required(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure, unless its reason starts with `by design:` or it is an xfail.

    Continuous integration sets `REQUIRE_COMPONENTS=1`: there a test that skips itself
    because Prometheus is missing has not passed.
    """
    if os.environ.get("REQUIRE_COMPONENTS") != "1":
        return
    if not report.skipped or hasattr(report, "wasxfail") or not isinstance(report.longrepr, tuple):
        return
    reason = report.longrepr[2].removeprefix("Skipped: ")
    if reason.startswith(BY_DESIGN):
        return
    report.outcome = "failed"
    report.longrepr = f"skipped although REQUIRE_COMPONENTS=1: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge each test's report."""
    report = yield
    _fail_if_required(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge each module's report: `importorskip` skips while collecting."""
    report = yield
    _fail_if_required(report)
    return report
