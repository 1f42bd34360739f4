"""Guarded calls end, and are tried again, as conformance/vectors says."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

import ninefold as nf
from ninefold.resilience.budget import Tokens
from ninefold.resilience.policy._engine import ended
from ninefold.resilience.retry._engine import Course
from ninefold.resilience.retry._model import Again

_VECTORS = Path(__file__).parents[2] / "conformance" / "vectors"
_ENDINGS: list[dict[str, Any]] = yaml.safe_load(
    (_VECTORS / "policy" / "endings.yaml").read_text("utf-8")
)["cases"]
_DECISIONS: list[dict[str, Any]] = yaml.safe_load(
    (_VECTORS / "retry" / "decisions.yaml").read_text("utf-8")
)["cases"]
_RAISED: dict[str, BaseException | None] = {
    "open": nf.CircuitOpenError("psp", 1.0),
    "bulkhead": nf.BulkheadFullError("psp", 1),
    "deadline": nf.DeadlineExceededError("psp"),
    "error": ConnectionError(),
    "cancelled": KeyboardInterrupt(),
    "result": None,
}


@pytest.mark.parametrize("case", _ENDINGS, ids=str)
def test_a_call_comes_to_what_the_table_says(case: dict[str, Any]) -> None:
    """Outcome and reason, from the closed sets."""
    ending = ended(
        _RAISED[case["raised"]], reached=case["reached"], fell_back=case.get("fallback", False)
    )
    assert (ending.outcome, ending.reason) == (case["outcome"], case.get("reason"))


class _Purse:
    """So many tokens, and no more."""

    def __init__(self, left: int) -> None:
        self.left = left

    def ask(self, now: float) -> bool:
        """Spend one, if there is one."""
        del now
        if not self.left:
            return False
        self.left -= 1
        return True


@pytest.mark.parametrize("case", _DECISIONS, ids=[case["name"] for case in _DECISIONS])
def test_a_failure_is_followed_by_what_the_table_says(case: dict[str, Any]) -> None:
    """A wait, or a reason to give up."""
    purse = _Purse(case["tokens"]) if "tokens" in case else None
    course = Course(
        nf.Retry(
            on=ConnectionError,
            attempts=case.get("attempts", 3),
            deadline=case.get("deadline"),
            backoff=nf.Backoff(base=1, cap=8, jitter="none"),
        ),
        cast("Tokens | None", purse),
        random.Random(0),
        0.0,
        until=case.get("until", math.inf),
    )
    asked = case.get("asked", [None] * len(case["failed"]))
    decisions = [
        decision.wait if isinstance(decision, Again) else decision.reason
        for decision in map(course.failed, case["failed"], asked)
    ]
    assert decisions == case["decisions"]
    if purse is not None and "left" in case:
        assert purse.left == case["left"]
