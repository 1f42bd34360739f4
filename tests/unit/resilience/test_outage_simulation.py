"""An outage of a dependency that many share: what each guard makes of it, played in virtual time.

A few of the clients of scripts/simulate_outage.py, and a dependency as much smaller.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from outage.herd import CALLERS, stampede
from outage.world import BACK, VARIANTS, Result, simulate

DOCS = Path(__file__).resolve().parents[3] / "docs/explanation/resilience"
EVERY = {variant.name: variant for variant in VARIANTS}


def played(name: str, end: float, clients: int = 5) -> Result:
    """What a few clients see."""
    return simulate(EVERY[name], clients=clients, end=end)


def test_a_budget_keeps_the_load_of_an_outage_within_a_quarter_more() -> None:
    """At most 1.25 attempts per request while it lasts, and it is over when the outage is."""
    result = played("budget", end=BACK + 12)
    assert 1.0 < result.amplification <= 1.25
    assert result.recovery is not None
    assert result.recovery <= 5.0
    assert result.mishaps == 0.0


def test_retries_alone_multiply_it_and_keep_the_dependency_down() -> None:
    """Three attempts per request, for as long as one looks; jitter changes nothing about that."""
    for name in ("plain", "jitter"):
        result = played(name, end=BACK + 3, clients=2)
        assert 2.9 < result.amplification <= 3.0
        assert result.recovery is None


def test_without_retries_what_fails_by_itself_fails_the_caller() -> None:
    """They are worth something when there is no outage."""
    result = played("none", end=BACK + 10)
    assert result.amplification == 1.0
    assert result.mishaps > 0.0
    assert result.recovery is not None


@pytest.mark.parametrize(("name", "longest"), [("breaker", 30.0), ("all", 35.0), ("capped", 12.0)])
def test_a_breaker_takes_the_load_off_and_adds_its_own_time(name: str, longest: float) -> None:
    """Fewer attempts than requests; it finds out that all is well when it is next half open."""
    result = played(name, end=BACK + longest + 2)
    assert result.amplification < 0.6
    assert result.recovery is not None
    assert result.recovery <= longest


def test_a_bulkhead_keeps_the_queue_short_enough_to_come_back() -> None:
    """It does not lower the load of the outage, but that of its end."""
    result = played("bulkhead", end=BACK + 8, clients=4)
    assert result.amplification > 2.0
    assert result.recovery is not None


def test_chance_repeats() -> None:
    """The same world twice, to the last attempt."""
    first, second = (played("all", end=45.0) for _ in range(2))
    assert first.offered == second.offered
    assert first.succeeded == second.succeeded


def test_jitter_spreads_those_who_failed_together() -> None:
    """Without it all are back within the same hundredth of a second."""
    assert stampede("none").densest == CALLERS
    assert stampede("full").densest < CALLERS / 5


def test_the_docs_show_the_same_in_table_and_picture() -> None:
    """Both are written by the script; `nox -s outage` plays it anew and compares."""
    page = (DOCS / "outage.md").read_text(encoding="utf-8")
    picture = (DOCS / "outage.svg").read_text(encoding="utf-8")
    assert len(picture) < 60_000
    shown = [text.text or "" for text in ET.fromstring(picture).iter() if text.tag.endswith("text")]
    for variant in VARIANTS:
        row = re.search(rf"^\| {re.escape(variant.title)} \| ([\d.]+) \|", page, re.MULTILINE)
        assert row is not None, variant.title
        told = shown[shown.index(variant.title) + 1]
        assert told.startswith(f"\N{MULTIPLICATION SIGN}{row[1]} ")
