"""What the benchmark of health takes for the truth, and how it counts what differs from that."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from bench.health.figures import Figures, conclude
from bench.health.prober import Probe
from bench.health.rows import RETURN, ROWS, Fault, Plan, Row, Truth

PLAN = Plan(before=10, lasting=20, after=30, cycles=2)
HURTS = Row(name="down", title="", fault=Fault.REFUSE, hurts=True)
HARMLESS = Row(name="blip", title="", fault=Fault.FAIL_NEXT, hurts=False)


CALLS = (10.5, 11.5, 12.5, 60.5, 61.5, 62.5)


def told(
    row: Row, status: Callable[[int], int | None], calls: tuple[float, ...] = CALLS
) -> Figures:
    """The figures of a probe each second, each answered at once."""
    probes = [Probe(at, 0.01, status(at)) for at in range(int(PLAN.end))]
    return conclude(row, PLAN, probes, calls, len(calls))


def is_down(at: float) -> bool:
    """Whether the dependency is, by the plan."""
    return any(begins <= at < ends for begins, ends in PLAN.faults())


def test_the_truth_of_a_fault_that_hurts_changes_with_it() -> None:
    """Three failures may pass unbelieved; then it is "not ready", and forgiven a while after."""
    at = [9.9, 10.0, 12.9, 13.0, 29.9, 30.0, 44.9, 45.0, 60.0, 63.0]
    truths = [PLAN.truth(HURTS, moment) for moment in at]
    assert truths == [
        Truth.READY,
        Truth.EITHER,
        Truth.EITHER,
        Truth.NOT_READY,
        Truth.NOT_READY,
        Truth.EITHER,
        Truth.EITHER,
        Truth.READY,
        Truth.EITHER,
        Truth.NOT_READY,
    ]


def test_what_does_not_hurt_is_to_be_ready_all_the_time() -> None:
    """A blip, a slow one and one that all share never excuse "not ready"."""
    assert {PLAN.truth(HARMLESS, at) for at in range(int(PLAN.end))} == {Truth.READY}


def test_who_tells_the_truth_has_no_false_seconds() -> None:
    """Who follows the fault exactly detects it at once and recovers at once."""
    found = told(HURTS, lambda at: 503 if is_down(at) else 200)
    assert (found.false_ready, found.false_not_ready, found.acted_on) == (0, 0, 0)
    assert found.detected == pytest.approx((0.01, 0.01))
    assert found.recovered == pytest.approx((0.01, 0.01))


def test_who_always_says_ready_is_wrong_while_it_is_down() -> None:
    """All but the first seconds of each fault are false, and it was never detected."""
    found = told(HURTS, lambda at: 200)
    assert (found.false_ready, found.false_not_ready) == (2 * 17, 0)
    assert found.detected == (None, None)
    assert found.after_third == (None, None)


def test_who_stays_down_is_wrong_once_the_return_is_over() -> None:
    """No answer counts as "not ready"; who never answers again never recovered."""
    found = told(HURTS, lambda at: 200 if at < 10 else None)
    assert found.false_not_ready == 2 * (30 - RETURN)
    assert found.recovered == (None, None)


def test_detection_counts_from_the_third_call_that_failed() -> None:
    """The goal's clock starts when the third call in the fault began."""
    found = told(HURTS, lambda at: 503 if is_down(at) and is_down(at - 4) else 200)
    assert found.detected == pytest.approx((4.01, 4.01))
    assert found.after_third == pytest.approx((1.51, 1.51))


def test_a_call_that_hangs_counts_for_those_that_were_not_added_to_it() -> None:
    """The third would have begun 2 s of patience and two seconds of waiting after the first."""
    found = told(HURTS, lambda at: 503 if is_down(at) and is_down(at - 5) else 200, (10.5, 60.5))
    assert found.after_third == pytest.approx((0.51, 0.51))


def test_kubernetes_acts_on_three_failures_in_a_row_alone() -> None:
    """Two wrong answers are false; only with a third the instance is taken out."""
    two = told(HARMLESS, lambda at: 503 if at in {20, 21} else 200)
    four = told(HARMLESS, lambda at: 503 if 20 <= at < 24 else 200)
    assert (two.false_not_ready, two.acted_on) == (2, 0)
    assert (four.false_not_ready, four.acted_on) == (4, 2)


def test_every_row_has_a_name_of_its_own() -> None:
    """Rows are chosen by name."""
    assert len({row.name for row in ROWS}) == len(ROWS)
