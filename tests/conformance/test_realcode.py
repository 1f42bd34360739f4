"""The labels of findings in real code, and the figures that the documentation gives of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from measure_checker import (  # noqa: E402  # a script is no package
    GOALS,
    RESOLVED_GOAL,
    Count,
    Label,
    counts,
    figures,
    interval,
    labels,
    unseen,
    wrong,
)
from ninefold.conformance.rules import shipped  # noqa: E402

PAGE = ROOT / "docs" / "explanation" / "checker-precision.md"
PINNED = ROOT / "conformance" / "realcode"


def part(title: str) -> str:
    """What stands between two marks of the page."""
    text = PAGE.read_text("utf-8")
    return text.partition(f"<!-- {title} -->")[2].partition(f"<!-- end of {title} -->")[0].strip()


def test_page_has_the_figures() -> None:
    """The page gives what the script prints, and no other figure."""
    assert part("figures") == figures(labels(), counts())
    assert part("rules") == wrong(labels())
    for stage in ("before", "after"):
        assert part(f"unseen {stage}") == figures(*unseen(stage))
    second, declared = unseen("after")
    assert part("both") == figures(labels() + second, counts() | declared)


def test_goals_are_met() -> None:
    """Enough names are resolved, and enough findings are right."""
    names = sum(each["declared"] for each in counts().values())
    assert sum(each["resolved"] for each in counts().values()) / names >= RESOLVED_GOAL
    every = labels()
    errors = [each for each in every if each["severity"] == "E"]
    assert sum(each["verdict"] for each in every) / len(every) >= GOALS["all"]
    assert sum(each["verdict"] for each in errors) / len(errors) >= GOALS["E"]


@pytest.mark.parametrize(
    ("every", "declared", "pins"),
    [
        (labels(), counts(), "requirements.txt"),
        (*unseen("before"), "unseen-requirements.txt"),
        (*unseen("after"), "unseen-requirements.txt"),
    ],
    ids=["first", "unseen before", "unseen after"],
)
def test_every_finding_is_judged_once(
    every: list[Label], declared: dict[str, Count], pins: str
) -> None:
    """A label is of a rule that there is and of what is pinned, with a reason."""
    codes = {each.code for each in shipped()}
    pinned = {
        line.strip().lower().replace("_", "-").replace(".", "-")
        for line in (PINNED / pins).read_text("utf-8").splitlines()
    }
    assert len({each["fingerprint"] for each in every}) == len(every)
    for each in every:
        assert each["code"] in codes
        assert each["reason"]
        assert each["version"] == declared[each["distribution"]]["version"]
        assert f"{each['distribution']}=={each['version']}".replace(".", "-") in pinned


def test_no_distribution_is_in_both_sets() -> None:
    """The second set is of code on which no rule was mended."""
    assert not counts().keys() & unseen("before")[1].keys()


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [(0, 0, 0.0, 1.0), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662), (0, 10, 0.0, 0.2775)],
)
def test_interval(right: int, of: int, low: float, high: float) -> None:
    """Wilson's interval, as the literature gives it (Newcombe 1998 has 81 of 263)."""
    assert interval(right, of) == pytest.approx((low, high), abs=5e-5)
